/**
 * Which feature gates need others to be on, of those that may be chosen, as Kubernetes 1.35 and 1.36 list them
 * (`defaultKubernetesFeatureGateDependencies`). Since 1.35 a component that is told otherwise ends at its start. `Gate:Need@36`: looked for from
 * 1.36 on; `Gate:Need!36`: not any more, since the other is on for good.
 */
const NEEDS = `
ClusterTrustBundleProjection:ClusterTrustBundle DeclarativeValidationTakeover:DeclarativeValidation!36 DRADeviceBindingConditions:DRAResourceClaimDeviceStatus DRADeviceTaintRules:DRADeviceTaints
DRAResourceClaimGranularStatusAuthorization:DRAResourceClaimDeviceStatus DRAWorkloadResourceClaims:GenericWorkload ExtendWebSocketsToKubelet:NodeDeclaredFeatures GangScheduling:GenericWorkload
GracefulNodeShutdownBasedOnPodPriority:GracefulNodeShutdown InPlacePodLevelResourcesVerticalScaling:PodLevelResources,NodeDeclaredFeatures
InPlacePodVerticalScalingInitContainers:NodeDeclaredFeatures MatchLabelKeysInPodTopologySpreadSelectorMerge:MatchLabelKeysInPodTopologySpread PodLevelResourceManagers:PodLevelResources ProcMountType:UserNamespacesSupport!36
ResourceHealthStatusMessage:ResourceHealthStatus RestartAllContainersOnContainerExits:ContainerRestartRules,NodeDeclaredFeatures StaleControllerConsistencyDaemonSet:AtomicFIFO
StaleControllerConsistencyJob:AtomicFIFO StaleControllerConsistencyReplicaSet:AtomicFIFO StaleControllerConsistencyStatefulSet:AtomicFIFO StorageVersionAPI:APIServerIdentity
TopologyAwareWorkloadScheduling:GenericWorkload UnknownVersionInteroperabilityProxy:APIServerIdentity UserNamespacesHostNetworkSupport:UserNamespacesSupport!36,NodeDeclaredFeatures@36
WindowsGracefulNodeShutdown:GracefulNodeShutdown WorkloadAwarePreemption:GangScheduling WorkloadWithJob:GenericWorkload`;

/** Those of them that are on by default, and since which of the releases that look. */
const ON = `
APIServerIdentity@35 AtomicFIFO@36 ContainerRestartRules@35 DeclarativeValidation@35 DRADeviceBindingConditions@36 DRADeviceTaints@36 DRAResourceClaimDeviceStatus@35 DRAResourceClaimGranularStatusAuthorization@36
ExtendWebSocketsToKubelet@36 GracefulNodeShutdown@35 GracefulNodeShutdownBasedOnPodPriority@35 InPlacePodLevelResourcesVerticalScaling@36 InPlacePodVerticalScalingInitContainers@36
MatchLabelKeysInPodTopologySpread@35 MatchLabelKeysInPodTopologySpreadSelectorMerge@35 NodeDeclaredFeatures@36 PodLevelResources@35 ProcMountType@35 ResourceHealthStatus@36 ResourceHealthStatusMessage@36
RestartAllContainersOnContainerExits@36 StaleControllerConsistencyDaemonSet@36 StaleControllerConsistencyJob@36 StaleControllerConsistencyReplicaSet@36
StaleControllerConsistencyStatefulSet@36 UnknownVersionInteroperabilityProxy@36 UserNamespacesSupport@35 WindowsGracefulNodeShutdown@35`;

/** The first release that looks. */
const SINCE = 35;

/** Each with the releases that look for it: `from`, and none from `before` on. */
const DEPENDENCIES = words(NEEDS).flatMap((word) => {
	const [gate = "", needs = ""] = word.split(":");
	return needs.split(",").map((need) => {
		const [name = "", mark, release] = need.split(/([@!])/);
		const from = mark === "@" ? Number(release) : SINCE;
		const before = mark === "!" ? Number(release) : Number.POSITIVE_INFINITY;
		return { gate, needs: name, from, before };
	});
});
const ON_SINCE = new Map(
	words(ON).map((word) => {
		const [gate = "", since] = word.split("@");
		return [gate, Number(since)] as const;
	}),
);

/** A gate that is on, and another that it needs and that is off. */
export interface MissingGate {
	readonly gate: string;
	readonly needs: string;
}

/** What of these gates, with those that are on by default, could not start in a release. */
export function missingGates(gates: Readonly<Record<string, boolean>>, minor: string): MissingGate[] {
	const release = Number(minor.split(".")[1]);
	// They change what is on by default.
	if (release < SINCE || gates.AllAlpha !== undefined || gates.AllBeta !== undefined) return [];
	const isOn = (gate: string) => gates[gate] ?? (ON_SINCE.get(gate) ?? Number.POSITIVE_INFINITY) <= release;
	return DEPENDENCIES.filter(
		({ gate, needs, from, before }) => from <= release && release < before && isOn(gate) && !isOn(needs),
	).map(({ gate, needs }) => ({ gate, needs }));
}

function words(text: string): string[] {
	return text.trim().split(/\s+/);
}
