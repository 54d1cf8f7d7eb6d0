import type { Facts, TargetFile } from "@rollcall/protocol";
import { cgroupDriver } from "./cgroup-driver.ts";
import { clusterDns } from "./cluster-dns.ts";
import { featureGates } from "./feature-gates.ts";
import type { KubeletConfiguration } from "./kubelet-fields.ts";
import type { Node } from "./node.ts";
import { NODE_PATHS, NODE_PORTS } from "./node-paths.ts";
import { taintsOf } from "./node-registration.ts";
import { onceForEqual } from "./once-for-equal.ts";
import { PKI_PATHS } from "./pki-paths.ts";
import { reservedResources } from "./reserved-resources.ts";
import { CIPHER_SUITES, MIN_TLS_VERSION } from "./tls-policy.ts";
import { yamlText } from "./yaml-text.ts";

/** What it is made of. Nodes with the same hardware in the same slot have the same. */
interface Kind extends Pick<Node, "document" | "version" | "role" | "slot" | "services"> {
	readonly listensOn: "::" | "0.0.0.0";
	readonly cgroupVersion: Facts["cgroupVersion"];
	readonly memoryBytes: number;
	readonly cpus: number;
}

/** The KubeletConfiguration of a node that is part of the cluster. */
function kubeletConfiguration(node: Kind): KubeletConfiguration {
	const gates = featureGates(node);
	const reserved = reservedResources(node);
	const taints = taintsOf(node);
	return {
		apiVersion: node.version.api.kubelet,
		kind: "KubeletConfiguration",
		address: node.listensOn,
		authentication: {
			anonymous: { enabled: false },
			webhook: { enabled: true, cacheTTL: "2m0s" },
			x509: { clientCAFile: PKI_PATHS.ca.certificate },
		},
		authorization: {
			mode: "Webhook",
			webhook: { cacheAuthorizedTTL: "5m0s", cacheUnauthorizedTTL: "30s" },
		},
		cgroupDriver: cgroupDriver(node),
		clusterDNS: [clusterDns(node.services)],
		clusterDomain: node.document.networks.dnsDomain,
		containerLogMaxFiles: 3,
		// Logs are RAM here.
		containerLogMaxSize: "5Mi",
		containerRuntimeEndpoint: NODE_PATHS.containerdSocket,
		enableServer: true,
		enforceNodeAllocatable: ["pods"],
		eventRecordQPS: 50,
		evictionHard: {
			"imagefs.available": "5%",
			"memory.available": reserved.evictionMemory,
			"nodefs.available": "5%",
			"nodefs.inodesFree": "5%",
		},
		// The old hierarchy is refused by default from 1.35 on; a lab has machines that still boot with it.
		...(node.cgroupVersion === 1 ? { failCgroupV1: false } : {}),
		...(node.document.kubernetes.failSwapOn === false ? { failSwapOn: false } : {}),
		...(Object.keys(gates).length > 0 ? { featureGates: gates } : {}),
		healthzBindAddress: "127.0.0.1",
		healthzPort: NODE_PORTS.kubeletHealth,
		imageGCHighThresholdPercent: 80,
		imageGCLowThresholdPercent: 60,
		kubeReserved: reserved.kube,
		makeIPTablesUtilChains: true,
		nodeStatusReportFrequency: "1m0s",
		nodeStatusUpdateFrequency: "10s",
		podPidsLimit: 4096,
		port: NODE_PORTS.kubelet,
		protectKernelDefaults: true,
		readOnlyPort: 0,
		...(taints.length > 0 ? { registerWithTaints: taints } : {}),
		resolvConf: NODE_PATHS.resolvConf,
		// The agent renews them, and kubelet reads them again; its own renewal would ask the API and write over the agent's files.
		rotateCertificates: false,
		seccompDefault: true,
		serializeImagePulls: false,
		maxParallelImagePulls: 3,
		shutdownGracePeriod: "30s",
		shutdownGracePeriodCriticalPods: "10s",
		staticPodPath: NODE_PATHS.manifests,
		streamingConnectionIdleTimeout: "5m0s",
		systemReserved: reserved.system,
		tlsCertFile: PKI_PATHS.kubeletServing.certificate,
		tlsCipherSuites: CIPHER_SUITES,
		tlsMinVersion: MIN_TLS_VERSION,
		tlsPrivateKeyFile: PKI_PATHS.kubeletServing.key,
	};
}

/**
 * The same for a machine that runs etcd alone: it is no node of the cluster that it serves, so nobody could authorize a
 * caller; therefore nothing listens (`enableServer`), and the permissive mode that kubelet then insists on opens nothing.
 */
function standaloneKubeletConfiguration(node: Kind): KubeletConfiguration {
	const { registerWithTaints, tlsCertFile, tlsPrivateKeyFile, ...config } = kubeletConfiguration(node);
	return {
		...config,
		authentication: { anonymous: { enabled: false }, webhook: { enabled: false } },
		authorization: { mode: "AlwaysAllow" },
		enableServer: false,
	};
}

/** A kubelet's configuration file. */
export function kubeletConfigFiles(node: Node): readonly TargetFile[] {
	const { document, version, role, slot, services, address, facts } = node;
	return filesFor({
		...{ document, version, role, slot, services, cgroupVersion: facts.cgroupVersion },
		listensOn: address.includes(":") ? "::" : "0.0.0.0",
		memoryBytes: facts.memory.totalBytes,
		cpus: facts.cpu.count,
	});
}

const filesFor = onceForEqual((node: Kind): TargetFile[] => {
	const config = node.role === "etcd" ? standaloneKubeletConfiguration(node) : kubeletConfiguration(node);
	return [{ path: NODE_PATHS.kubeletConfig, mode: "0600", encoding: "utf8", content: yamlText(config) }];
});
