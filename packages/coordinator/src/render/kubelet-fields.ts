/**
 * The part of KubeletConfiguration (k8s.io/kubelet/config/v1beta1) that rollcall writes. kubelet only logs an unknown field
 * and goes on without it, so a misspelt one must not compile.
 */
export interface KubeletConfiguration {
	readonly apiVersion: string;
	readonly kind: "KubeletConfiguration";
	readonly address: string;
	readonly authentication: {
		readonly anonymous: { readonly enabled: boolean };
		readonly webhook: { readonly enabled: boolean; readonly cacheTTL?: string };
		readonly x509?: { readonly clientCAFile: string };
	};
	readonly authorization: {
		readonly mode: "Webhook" | "AlwaysAllow";
		readonly webhook?: { readonly cacheAuthorizedTTL: string; readonly cacheUnauthorizedTTL: string };
	};
	readonly cgroupDriver: "systemd" | "cgroupfs";
	readonly clusterDNS: readonly string[];
	readonly clusterDomain: string;
	readonly containerLogMaxFiles: number;
	readonly containerLogMaxSize: string;
	readonly containerRuntimeEndpoint: string;
	readonly enableServer: boolean;
	readonly enforceNodeAllocatable: readonly string[];
	readonly eventRecordQPS: number;
	readonly evictionHard: Readonly<Record<string, string>>;
	readonly failCgroupV1?: boolean;
	readonly failSwapOn?: boolean;
	readonly featureGates?: Readonly<Record<string, boolean>>;
	readonly healthzBindAddress: string;
	readonly healthzPort: number;
	readonly imageGCHighThresholdPercent: number;
	readonly imageGCLowThresholdPercent: number;
	readonly kubeReserved: Readonly<Record<string, string>>;
	readonly makeIPTablesUtilChains: boolean;
	readonly maxParallelImagePulls: number;
	readonly nodeStatusReportFrequency: string;
	readonly nodeStatusUpdateFrequency: string;
	readonly podPidsLimit: number;
	readonly port: number;
	readonly protectKernelDefaults: boolean;
	readonly readOnlyPort: number;
	readonly registerWithTaints?: readonly { readonly key: string; readonly value: string; readonly effect: string }[];
	readonly resolvConf: string;
	readonly rotateCertificates: boolean;
	readonly seccompDefault: boolean;
	readonly serializeImagePulls: boolean;
	readonly shutdownGracePeriod: string;
	readonly shutdownGracePeriodCriticalPods: string;
	readonly staticPodPath: string;
	readonly streamingConnectionIdleTimeout: string;
	readonly systemReserved: Readonly<Record<string, string>>;
	readonly tlsCertFile?: string;
	readonly tlsCipherSuites: readonly string[];
	readonly tlsMinVersion: string;
	readonly tlsPrivateKeyFile?: string;
}
