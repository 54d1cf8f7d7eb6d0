/**
 * Feature gates of Kubernetes 1.34 to 1.36, as its sources list them (test/compatibility_lifecycle/reference/versioned_feature_list.yaml),
 * those of client-go, which every component takes too, and `AllAlpha` and `AllBeta`, which stand for all of a stage. `Name`: known in all three. `Name@35`: from 1.35 on. `Name!33`: on for good
 * since 1.33; `Name~36`: off for good. A component that is told otherwise than a gate that is for good, or that does not know a gate, ends at
 * its start.
 */
const KNOWN = `
AggregatedDiscoveryRemoveBetaType!35 AllAlpha AllBeta AllowDNSOnlyNodeCSR AllowInsecureKubeletCertificateSigningRequests AllowOverwriteTerminationGracePeriodSeconds~35
AllowParsingUserUIDFromCertAuth AllowServiceExternalIPs@36 AllowUnsafeMalformedObjectDeletion APIResponseCompression APIServerIdentity APIServingWithRoutine
AuthorizePodWebsocketUpgradeCreatePermission@35 CBORServingAndStorage ChangeContainerStatusOnKubeletRestart@35 ClearingNominatedNodeNameAfterBinding
CloudControllerManagerWatchBasedRoutesReconciliation@35 CloudControllerManagerWebhook ClusterTrustBundle ClusterTrustBundleProjection ComponentFlagz ComponentStatusz
ConcurrentWatchObjectDecode ConstrainedImpersonation@35 ContainerCheckpoint ContainerRestartRules ContainerStopSignals ContextualLogging
ControllerManagerReleaseLeaderElectionLockOnExit@36 CoordinatedLeaderElection CPUManagerPolicyAlphaOptions CPUManagerPolicyBetaOptions CPUManagerPolicyOptions!33
CRDObservedGenerationTracking@35 CRDValidationRatcheting!33 CRIListStreaming@36 CrossNamespaceVolumeDataSource CSIServiceAccountTokenSecrets@35!36 CSIVolumeHealth
CustomCPUCFSQuotaPeriod CustomResourceFieldSelectors!32 DeclarativeValidation!36 DeclarativeValidationBeta@36 DeclarativeValidationTakeover DeploymentReplicaSetTerminatingReplicas
DetectCacheInconsistency DisableAllocatorDualWrite!35 DisableCPUQuotaWithExclusiveCPUs DisableNodeKubeProxyVersion!36 DRAAdminAccess!36 DRAConsumableCapacity DRADeviceBindingConditions
DRADeviceTaintRules@35 DRADeviceTaints DRAExtendedResource DRAListTypeAttributes@36 DRANodeAllocatableResources@36 DRAPartitionableDevices DRAPrioritizedList DRAResourceClaimDeviceStatus
DRAResourceClaimGranularStatusAuthorization@36 DRAResourcePoolStatus@36 DRASchedulerFilterTimeout DRAWorkloadResourceClaims@36 DynamicResourceAllocation!35 EnvFiles EventedPLEG ExecProbeTimeout!35
ExtendWebSocketsToKubelet@36 ExternalServiceAccountTokenSigner!36 GenericWorkload@35 GitRepoVolumeDriver~36 GracefulNodeShutdown GracefulNodeShutdownBasedOnPodPriority HostnameOverride
HPAConfigurableTolerance HPAScaleToZero ImageMaximumGCAge!35 ImageVolume!36 ImageVolumeWithDigest@35 InPlacePodLevelResourcesVerticalScaling@35 InPlacePodVerticalScaling!35
InPlacePodVerticalScalingExclusiveCPUs InPlacePodVerticalScalingExclusiveMemory InPlacePodVerticalScalingInitContainers@36 JobManagedBy!35 KMSv1 KubeletCgroupDriverFromCRI!34
KubeletCrashLoopBackOffMax KubeletEnsureSecretPulledImages KubeletFineGrainedAuthz!36 KubeletInUserNamespace KubeletPodResourcesDynamicResources!36 KubeletPodResourcesGet!36
KubeletPodResourcesListUseActivePods KubeletPSI!36 KubeletRegistrationGetOnExistsOnly KubeletSeparateDiskGC KubeletServiceAccountTokenForCredentialProviders KubeletTracing!34
ListFromCacheSnapshot LocalStorageCapacityIsolationFSQuotaMonitoring LoggingAlphaOptions LoggingBetaOptions ManifestBasedAdmissionControlConfig@36 MatchLabelKeysInPodAffinity!33
MatchLabelKeysInPodTopologySpread MatchLabelKeysInPodTopologySpreadSelectorMerge MaxUnavailableStatefulSet MemoryQoS MultiCIDRServiceAllocator!34 MutableCSINodeAllocatableCount!36
MutablePodResourcesForSuspendedJobs@35 MutablePVNodeAffinity@35 MutableSchedulingDirectivesForSuspendedJobs@35 MutatingAdmissionPolicy NativeHistograms@36 NFTablesProxyMode!33
NodeDeclaredFeatures@35 NodeInclusionPolicyInPodTopologySpread!33 NodeLogQuery!36 NodeSwap!34 NominatedNodeNameForExpectation OpenAPIEnums OpportunisticBatching@35
PersistentVolumeClaimUnusedSinceTime@36 PLEGOnDemandRelist@36 PodAndContainerStatsFromCRI PodCertificateRequest PodDeletionCost PodLevelResourceManagers@36 PodLevelResources
PodLogsQuerySplitStreams PodObservedGenerationTracking!35 PodReadyToStartContainersCondition PodsAPI@36 PodSchedulingReadiness!30 PodTopologyLabelsAdmission PortForwardWebsockets
PreferSameTrafficDistribution!35 ProcMountType!36 QOSReserved RecoverVolumeExpansionFailure!34 RecursiveReadOnlyMounts!33 ReduceDefaultCrashLoopBackOffDecay
RelaxedEnvironmentVariableValidation!34 RelaxedServiceNameValidation ReloadKubeletClientCAFile@36 ReloadKubeletServerCertificateFile RemoteRequestHeaderUID ResourceHealthStatus
ResourceHealthStatusMessage@36 RestartAllContainersOnContainerExits@35 RotateKubeletServerCertificate RuntimeClassInImageCriApi SchedulerAsyncAPICalls SchedulerAsyncPreemption
SchedulerPopFromBackoffQ SELinuxChangePolicy!36 SELinuxMount SELinuxMountReadWriteOncePod!36 SeparateCacheWatchRPC~36 SeparateTaintEvictionController!34 ServiceAccountNodeAudienceRestriction
ServiceAccountTokenJTI!32 ServiceAccountTokenNodeBinding!33 ServiceAccountTokenNodeBindingValidation!32 ServiceAccountTokenPodNodeInfo!32 ServiceCIDRStatusFieldWiping@36 ShardedListAndWatch@36
SizeBasedListCostEstimate StaleControllerConsistencyDaemonSet@36 StaleControllerConsistencyJob@36 StaleControllerConsistencyReplicaSet@36 StaleControllerConsistencyStatefulSet@36
StatefulSetSemanticRevisionComparison StorageCapacityScoring StorageNamespaceIndex StorageVersionAPI StorageVersionHash StorageVersionMigrator StrictIPCIDRValidation
StructuredAuthenticationConfigurationEgressSelector StructuredAuthenticationConfigurationJWKSMetrics@35 SupplementalGroupsPolicy!35 SystemdWatchdog!35 TaintTolerationComparisonOperators@35
TokenRequestServiceAccountUIDValidation TopologyAwareWorkloadScheduling@36 TopologyManagerPolicyAlphaOptions TopologyManagerPolicyBetaOptions TopologyManagerPolicyOptions!32
TranslateStreamCloseWebsocketRequests UnauthenticatedHTTP2DOSMitigation UnknownVersionInteroperabilityProxy UserNamespacesHostNetworkSupport@35 UserNamespacesSupport!36
VolumeAttributesClass!36 VolumeLimitScaling@35 WatchCacheInitializationPostStartHook WatchList WindowsCPUAndMemoryAffinity WindowsGracefulNodeShutdown WindowsHostNetwork WinDSR!34 WinOverlay!34
GangScheduling@35 PreventStaticPodAPIReferences WorkloadAwarePreemption@36 WorkloadWithJob@36
AtomicFIFO@36 ClientsAllowCARotation@36 ClientsAllowCBOR ClientsAllowTLSCacheGC@36 ClientsPreferCBOR InformerResourceVersion InOrderInformers!36 InOrderInformersBatchProcess@35
UnlockWhileProcessingFIFO@36 WatchListClient`;

/**
 * Gates that are decided for good, since the release behind them, and that a later release of those that can be declared may not know:
 * of 1.34's list, those that are gone since; and old ones that documents may still have, among them all that Kubernetes' list of
 * removed gates has up to 1.33 (feature-gates-removed of its reference). One that was withdrawn is off for good, or `Name-31`: it went with
 * 1.31, and what it chose cannot be chosen any more.
 */
const DECIDED = `
AllowServiceLBStatusOnNonLB~32 AnonymousAuthConfigurableEndpoints!34 AnyVolumeDataSource!33 APIServerTracing!34 AuthorizeNodeWithSelectors!34 AuthorizeWithSelectors!34 BtreeWatchCache!33
ComponentSLIs!32 ConsistentListFromCache!34 CronJobsScheduledAnnotation!32 CSIMigrationPortworx!33 DevicePluginCDIDevices!31 HonorPVReclaimPolicy!33 JobBackoffLimitPerIndex!33
JobPodReplacementPolicy!34 JobSuccessPolicy!33 LegacySidecarContainers~33 LoadBalancerIPMode!32 LogarithmicScaleDown!31 MemoryManager!32 OrderedNamespaceDeletion!34 PodIndexLabel!32
PodLifecycleSleepAction!34 PodLifecycleSleepActionAllowZero!34 RelaxedDNSSearchValidation!34 ResilientWatchCacheInitialization!34 RetryGenerateName!32 SchedulerQueueingHints!34
ServiceTrafficDistribution!33 SidecarContainers!33 SizeMemoryBackedVolumes!32 StatefulSetAutoDeletePVC!32 StreamingCollectionEncodingToJSON!34 StreamingCollectionEncodingToProtobuf!34
StrictCostEnforcementForVAP!32 StrictCostEnforcementForWebhooks!32 StructuredAuthenticationConfiguration!34 StructuredAuthorizationConfiguration!32 TopologyAwareHints!33
WatchFromStorageWithoutResourceVersion~33
APIPriorityAndFairness!29 AppArmor!31 CPUManager!26 CronJobControllerV2!22 CronJobTimeZone!27 CSIMigration!25 DelegateFSGroupToCSIDriver!26 DevicePlugins!26 DynamicKubeletConfig~24
ElasticIndexedJob!31 EndpointSlice!21 EphemeralContainers!25 ExpandCSIVolumes!24 ExpandedDNSConfig!28 ExpandInUsePersistentVolumes!24 ExpandPersistentVolumes!24 GenericEphemeralVolume!23
GRPCContainerProbe!27 HPAContainerMetrics!30 IdentifyPodOS!25 IndexedJob!24 IPv6DualStack!23 JobPodFailurePolicy!31 JobTrackingWithFinalizers!26 KubeletCredentialProviders!26
KubeletPodResources!28 KubeProxyDrainingTerminatingNodes!31 LocalStorageCapacityIsolation!25 MinDomainsInPodTopologySpread!30 MixedProtocolLBService!26 NetworkPolicyEndPort!25
PersistentVolumeLastPhaseTransitionTime!31 PodDisruptionConditions!31 PodOverhead!24 PodSecurity!25 ProxyTerminatingEndpoints!28 ReadWriteOncePod!29 RuntimeClass!20 SCTPSupport!20
SeccompDefault!27 ServerSideApply!22 ServiceInternalTrafficPolicy!26 StartupProbe!20 StatefulSetMinReadySeconds!25 TokenRequest!20 TopologyManager!27 TTLAfterFinished!23 ValidatingAdmissionPolicy!30
Accelerators~11 AdvancedAuditing!12 AffinityInAnnotations~8 AllowExtTrafficLocalEndpoints!7 AllowInsecureBackendProxy!21 AttachVolumeLimit!17 BalanceAttachedNodeVolumes~22 BlockVolume!18
BoundServiceAccountTokenVolume!22 ConfigurableFSGroupPolicy!23 ControllerManagerLeaderMigration!24 CRIContainerLogRotation!21 CSIBlockVolume!18 CSIDriverRegistry!18 CSIInlineVolume!25 CSIMigrationAWS!25
CSIMigrationAWSComplete~21 CSIMigrationAzureDisk!24 CSIMigrationAzureDiskComplete~21 CSIMigrationAzureFileComplete~21 CSIMigrationGCE!25 CSIMigrationGCEComplete~21 CSIMigrationOpenStack!24
CSIMigrationOpenStackComplete~21 CSIMigrationvSphere!26 CSIMigrationvSphereComplete~22 CSINodeInfo!17 CSIPersistentVolume!13 CSIServiceAccountToken!22 CSIStorageCapacity!24 CSIVolumeFSGroupPolicy!23
CSRDuration!24 CustomPodDNS!14 CustomResourceDefaulting!17 CustomResourcePublishOpenAPI!16 CustomResourceSubresources!16 CustomResourceValidation!16 CustomResourceWebhookConversion!16
DaemonSetUpdateSurge!25 DefaultPodTopologySpread!24 DisableAcceleratorUsageMetrics!25 DownwardAPIHugePages!27 DryRun!19 DynamicAuditing~19 DynamicProvisioningScheduling~12 DynamicVolumeProvisioning!8
EnableAggregatedDiscoveryTimeout~18 EnableEquivalenceClassCache~13 EndpointSliceNodeName!21 EndpointSliceProxying!22 EndpointSliceTerminatingCondition!26 EvenPodsSpread!19
ExperimentalCriticalPodAnnotation~13 ExternalPolicyForExternalIP!18 GCERegionalPersistentDisk!13 HugePages!14 HugePageStorageMediumSize!22 HyperVContainer~20 ImmutableEphemeralVolumes!21
IngressClassNamespacedParams!23 Initializers~14 JobMutableNodeSchedulingDirectives!27 KubeletConfigFile~10 KubeletPluginsWatcher!13 LegacyNodeRoleBehavior~21
LegacyServiceAccountTokenNoAutoGeneration!26 MountContainers~17 MountPropagation!12 MultiCIDRRangeAllocator~29 NamespaceDefaultLabelName!22 NetworkPolicyStatus~28 NodeDisruptionExclusion!21
NodeLease!17 NonPreemptingPriority!24 OpenAPIV3!27 PersistentLocalVolumes!14 PodAffinityNamespaceSelector!24 PodDisruptionBudget!21 PodHasNetworkCondition~28 PodPriority!14
PodReadinessGates!14 PodShareProcessNamespace!17 PreferNominatedNode!24 ProbeTerminationGracePeriod!28 PVCProtection~10 RequestManagement~17 ResourceLimitsPriorityFunction~19
ResourceQuotaScopeSelectors!17 RetroactiveDefaultStorageClass!28 RootCAConfigMap!21 RotateKubeletClientCertificate!19 RunAsGroup!21 ScheduleDaemonSetPods!17 SelectorIndex!20
ServiceAccountIssuerDiscovery!21 ServiceAppProtocol!20 ServiceIPStaticSubrange!26 ServiceLBNodePortControl!24 ServiceLoadBalancerClass!24 ServiceLoadBalancerFinalizer!17 ServiceNodeExclusion!21
ServiceTopology~20 SetHostnameAsFQDN!22 StorageObjectInUseProtection!11 StreamingProxyRedirects~22 SupportIPVSProxyMode!11 SupportNodePidsLimit!20 SupportPodPidsLimit!20 SuspendJob!24 Sysctls!21
TaintBasedEvictions!18 TaintNodesByCondition!17 TokenRequestProjection!20 UserNamespacesStatelessPodsSupport~28 ValidateProxyRedirects~25 VolumePVCDataSource!18 VolumeScheduling!13
VolumeSnapshotDataSource!20 VolumeSubpath!10 VolumeSubpathEnvExpansion!17 WarningHeaders!22 WindowsEndpointSliceProxying!22 WindowsGMSA!18 WindowsHostProcessContainers!26 WindowsRunAsUserName!18
AdmissionWebhookMatchConditions!30 AggregatedDiscoveryEndpoint!30 APIListChunking!29 APISelfSubjectReview!28 AppArmorFields!31 CloudDualStackNodeIPs!30 ConsistentHTTPGetHandlers!25 CSIMigrationAzureFile!26 CSIMigrationRBD-31
CSINodeExpandSecret!29 CustomResourceValidationExpressions!29 DefaultHostNetworkHostPortsInPodTemplates-31 DisableCloudProviders!31 DisableKubeletCloudCredentialProviders!31 DRAControlPlaneController-32
EfficientWatchResumption!24 ExperimentalHostUserNamespaceDefaulting-30 InTreePluginAWSUnregister-31 InTreePluginAzureDiskUnregister-31 InTreePluginAzureFileUnregister-31 InTreePluginGCEUnregister-31
InTreePluginOpenStackUnregister-31 InTreePluginRBDUnregister-31 InTreePluginvSphereUnregister-31 IPTablesOwnershipCleanup!28 JobReadyPods!29 KMSv2!29 KMSv2KDF!29 KubeletPodResourcesGetAllocatable!28
LegacyServiceAccountTokenCleanUp!30 LegacyServiceAccountTokenTracking!28 MinimizeIPTablesRestore!28 NewVolumeManagerReconstruction!30 NodeOutOfServiceVolumeDetach!28 PDBUnhealthyPodEvictionPolicy!31
PodHostIPs!30 RemainingItemCount!29 SecurityContextDeny-30 ServerSideFieldValidation!27 ServiceNodePortStaticSubrange!29 SkipReadOnlyValidationGCE-31 StableLoadBalancerNodeSet!30 StatefulSetStartOrdinal!31
UserNamespacesPodSecurityStandards-35 VolumeCapacityPriority-33 WatchBookmark!17 ZeroLimitedNominalConcurrencyShares!30`;

/** What is known of a gate. Minor versions of Kubernetes 1. */
interface Gate {
	readonly name: string;
	/** The first of the releases that know it; undefined where all do. */
	readonly from?: number;
	/** Since when it is what for good; `on` is undefined for one that only went. */
	readonly decided?: { readonly since: number; readonly on?: boolean };
	/** No release that can be declared needs it, and not all know it. */
	readonly gone: boolean;
}

const GATES: ReadonlyMap<string, Gate> = new Map(
	[...read(KNOWN, false), ...read(DECIDED, true)].map((gate) => [gate.name, gate]),
);

function read(text: string, gone: boolean): Gate[] {
	return text
		.trim()
		.split(/\s+/)
		.map((word) => {
			const [, name = word, from, kind, since] = /^(\w+?)(?:@(\d+))?(?:([!~-])(\d+))?$/.exec(word) ?? [];
			return {
				name,
				gone,
				...(from === undefined ? {} : { from: Number(from) }),
				...(since === undefined
					? {}
					: { decided: { since: Number(since), ...(kind === "-" ? {} : { on: kind === "!" }) } }),
			};
		});
}

/** What is wrong with a gate in a release; `unknown` where nobody heard of it. Undefined where it may be set so. */
export function gateFault(name: string, on: boolean, minor: string): string | "unknown" | undefined {
	const gate = GATES.get(name);
	if (!gate) return "unknown";
	const release = Number(minor.split(".")[1]);
	const { from = 0, decided, gone } = gate;
	if (release < from) return `comes with Kubernetes 1.${from}`;
	if (!decided || release < decided.since) return undefined;
	if (decided.on === undefined) return `was removed in Kubernetes 1.${decided.since}`;
	const forGood = `is ${decided.on ? "on" : "off"} for good since Kubernetes 1.${decided.since}`;
	if (gone) return `${forGood}, and later releases do not know it`;
	return on === decided.on ? undefined : `${forGood}; a component that is told otherwise does not start`;
}

/** All gates that may be set in a release. */
export function knownGates(minor: string): readonly string[] {
	return [...GATES.keys()].filter((name) => gateFault(name, GATES.get(name)?.decided?.on ?? true, minor) === undefined);
}

/** All gates that are decided in a release, and that a document need not have. */
export function decidedGates(minor: string): readonly string[] {
	const known = new Set(knownGates(minor));
	const release = Number(minor.split(".")[1]);
	return [...GATES.values()]
		.filter(({ name, decided }) => !known.has(name) && decided !== undefined && decided.since <= release)
		.map(({ name }) => name);
}
