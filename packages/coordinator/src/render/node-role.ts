import type { BuiltInRole, Probe, TargetContent, TargetFile, TargetUnit } from "@rollcall/protocol";
import { adminKubeconfigFiles } from "./admin-kubeconfigs.ts";
import { balancerFiles } from "./api-balancer.ts";
import { apiServerFiles } from "./api-server.ts";
import { archivesFor } from "./archives-for.ts";
import { nodeCertificates, nodeSecrets, trustFiles } from "./certificates.ts";
import { CONTAINERD_UNIT, containerdFiles } from "./containerd.ts";
import { containerdDataUnit } from "./containerd-data-unit.ts";
import { controllerManagerFiles } from "./controller-manager.ts";
import { etcdFiles } from "./etcd.ts";
import { etcdData } from "./etcd-data.ts";
import { restoreArtifacts, restoreSecrets } from "./etcd-restore.ts";
import { flannelFiles } from "./flannel.ts";
import { flannelUnit } from "./flannel-unit.ts";
import { artifactBytes, imageArchives } from "./image-archives.ts";
import { kernelModules, modulesText, nodeSysctls, sysctlText } from "./kernel.ts";
import { kubeProxyFiles } from "./kube-proxy.ts";
import { KUBELET_RESTARTS, KUBELET_UNIT, kubeletFiles } from "./kubelet.ts";
import { loginShell } from "./login-shell.ts";
import { mirrorSecrets } from "./mirrors.ts";
import type { Node } from "./node.ts";
import { NODE_PATHS, NODE_PORTS } from "./node-paths.ts";
import { onceForEqual } from "./once-for-equal.ts";
import { packetFilterUnit } from "./packet-filter-unit.ts";
import { podNamespacesUnit } from "./pod-namespaces-unit.ts";
import { podVolumesUnit } from "./pod-volumes-unit.ts";
import { podsUnits } from "./pods-unit.ts";
import { programPath, startsAnewFor, targetArtifacts } from "./programs.ts";
import { routedFiles, routedNetwork } from "./routed.ts";
import { schedulerFiles } from "./scheduler.ts";

/** Images may have to come over a slow network first. Seconds. */
const IMAGE_DEADLINE = 600;
const TARGET_DEADLINE = 900;
const MOST_DEADLINE = 7200;
/** Archives of images are fetched, imported and unpacked at least so fast, in bytes per second: that of a slow disk, or of an emulated machine. */
const IMPORT_RATE = 2 ** 20;

/** The parts of a target of a built-in role. */
export function nodeRoleParts(
	role: BuiltInRole,
	node: Node,
): Pick<
	TargetContent,
	"artifacts" | "files" | "units" | "probes" | "certificates" | "secrets" | "memory" | "podNetwork" | "deadlineSeconds"
> {
	const runsEtcd = role === "etcd" || (role === "control-plane" && node.stackedEtcd);
	const podNetwork = routedNetwork(node);
	const images = imageArchives(archivesFor(role, node.document.images, node.facts), programPath(node, "ctr"));
	const pods = podsUnits(node);
	const login = loginShell(node);
	// Each is stopped before those that stand before it: first all pods end.
	const behindContainerd = containerdDataUnit();
	const flannel = role !== "etcd" && node.document.kubernetes.podNetwork === "flannel";
	const behindPods = [
		...(flannel ? [flannelUnit(node.document)] : []),
		packetFilterUnit(),
		podNamespacesUnit(),
		podVolumesUnit(),
	];
	const files = [
		...kernelFiles(node),
		...trustFiles(node),
		...containerdFiles(node),
		...kubeletFiles(node),
		...images.files,
		...pods.files,
		...login.files,
		behindContainerd.file,
		...behindPods.map(({ file }) => file),
		...(runsEtcd ? [...etcdData().files, ...etcdFiles(node)] : []),
		...(role === "control-plane"
			? [
					...apiServerFiles(node),
					...controllerManagerFiles(node),
					...schedulerFiles(node),
					...adminKubeconfigFiles(node),
				]
			: []),
		...(role === "etcd"
			? []
			: [...balancerFiles(node), ...kubeProxyFiles(node), ...flannelFiles(node), ...routedFiles(node)]),
	];
	return {
		files: files.sort((a, b) => (a.path < b.path ? -1 : 1)),
		units: units(node, {
			beforeContainerd: [login.unit, behindContainerd.unit],
			beforeKubelet: [
				...images.units,
				...(runsEtcd ? etcdData().units : []),
				...behindPods.map(({ unit }) => unit),
				...pods.units,
			],
		}),
		probes: probes(role, node, runsEtcd),
		artifacts: [
			...targetArtifacts(node.document.kubernetes, node.facts),
			...images.artifacts,
			...restoreArtifacts(node),
		],
		certificates: nodeCertificates(node),
		secrets: [...nodeSecrets(node), ...restoreSecrets(node), ...mirrorSecrets(node.document.images)],
		...(runsEtcd ? { memory: etcdData().memory } : {}),
		...(podNetwork ? { podNetwork } : {}),
		deadlineSeconds: Math.min(
			MOST_DEADLINE,
			TARGET_DEADLINE + Math.ceil(artifactBytes(images.artifacts) / IMPORT_RATE),
		),
	};
}

function kernelFiles({ document, pods, second }: Node): readonly TargetFile[] {
	return kernelFilesFor({ document, ipv6: pods.bits === 128 || second?.pods.bits === 128 });
}

const kernelFilesFor = onceForEqual(({ document, ipv6 }: Pick<Node, "document"> & { readonly ipv6: boolean }) => {
	const modules = modulesText(kernelModules(document));
	return [
		{ path: NODE_PATHS.modules, mode: "0644", encoding: "utf8", content: modules },
		{
			path: NODE_PATHS.sysctls,
			mode: "0644",
			encoding: "utf8",
			content: sysctlText(nodeSysctls(ipv6)),
		},
	];
});

function units(
	node: Node,
	{ beforeContainerd, beforeKubelet }: Record<"beforeContainerd" | "beforeKubelet", readonly TargetUnit[]>,
): TargetUnit[] {
	return [
		// The operating system's own: they read the folders in which our files lie.
		{ name: "systemd-modules-load.service", restartOn: [NODE_PATHS.modules] },
		{ name: "systemd-sysctl.service", restartOn: [NODE_PATHS.sysctls] },
		...beforeContainerd,
		{ name: CONTAINERD_UNIT, restartOn: [NODE_PATHS.containerdConfig, ...startsAnewFor(node, "containerd")] },
		...beforeKubelet,
		{ name: KUBELET_UNIT, restartOn: [...KUBELET_RESTARTS, ...startsAnewFor(node, "kubelet")] },
	];
}

// Only what a node can be by itself. kube-proxy and the pod network need rights that the API gives later; Kubernetes' own
// view tells how they are.
function probes(role: BuiltInRole, node: Node, runsEtcd: boolean): Probe[] {
	const timing = { deadlineSeconds: IMAGE_DEADLINE, intervalSeconds: 5, timeoutSeconds: 2 };
	const http = (component: string, port: number, path: string, scheme: "http" | "https" = "http"): Probe => ({
		kind: "http",
		component,
		...timing,
		port,
		path,
		scheme,
	});
	return [
		{ kind: "unit", component: "containerd", ...timing, deadlineSeconds: 60, unit: CONTAINERD_UNIT },
		{ ...http("kubelet", NODE_PORTS.kubeletHealth, "/healthz"), deadlineSeconds: 120 },
		...(runsEtcd ? [http("etcd", NODE_PORTS.etcdMetrics, "/health")] : []),
		...(role === "control-plane"
			? [
					http("kube-apiserver", node.document.controlPlane.port, "/livez", "https"),
					http("kube-controller-manager", NODE_PORTS.controllerManager, "/healthz", "https"),
					http("kube-scheduler", NODE_PORTS.scheduler, "/healthz", "https"),
				]
			: []),
		...(node.podNetworks
			? [{ kind: "routes" as const, component: "pod-network", ...timing, deadlineSeconds: 120 }]
			: []),
		...(role === "etcd" ? [] : [http("api-balancer", NODE_PORTS.balancerHealth, "/healthz")]),
	];
}
