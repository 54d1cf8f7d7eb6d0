import type { ClusterDocument } from "@rollcall/protocol";
import { type ImageComponent, imageOf } from "../images.ts";
import type { KubernetesVersion } from "../versions.ts";
import type { Manifest } from "./manifest.ts";

/** Where the images of the pods come from. */
interface Images {
	readonly document: ClusterDocument;
	readonly version: KubernetesVersion;
}

const NAMESPACE = "kube-system";
/** The Deployment that makes folders for claims, and the DaemonSet that mounts them for pods. */
export const NFS_CONTROLLER = "csi-nfs-controller";
export const NFS_NODE = "csi-nfs-node";
/** kubelet's folders. Drivers lie below plugins, what kubelet is to know of below plugins_registry. */
const KUBELET = "/var/lib/kubelet";
const PLUGIN = `${KUBELET}/plugins/csi-nfsplugin`;
const SOCKET = { mountPath: "/csi", name: "socket-dir" };

/** Mounts volumes on every node. */
export function nfsNode(images: Images): Manifest {
	return {
		apiVersion: "apps/v1",
		kind: "DaemonSet",
		metadata: { name: NFS_NODE, namespace: NAMESPACE, labels: { app: NFS_NODE } },
		spec: {
			selector: { matchLabels: { app: NFS_NODE } },
			updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 1 } },
			template: {
				metadata: { labels: { app: NFS_NODE } },
				spec: {
					...podOf(NFS_NODE, "system-node-critical"),
					automountServiceAccountToken: false,
					nodeSelector: { "kubernetes.io/os": "linux" },
					// Wherever a pod with a volume may run, and for as long as it may have to be unmounted.
					tolerations: [{ operator: "Exists" }],
					containers: [
						sidecar(images, "csi-node-driver-registrar", {
							args: ["--v=2", "--csi-address=/csi/csi.sock", `--kubelet-registration-path=${PLUGIN}/csi.sock`],
							mounts: [{ mountPath: "/registration", name: "registration-dir" }],
							memory: "100Mi",
						}),
						{
							...driver(images),
							// Its mounts have to be seen by kubelet, which Kubernetes allows to privileged containers only.
							securityContext: { privileged: true, readOnlyRootFilesystem: true },
							volumeMounts: [
								SOCKET,
								{ mountPath: `${KUBELET}/pods`, mountPropagation: "Bidirectional", name: "pods-mount-dir" },
								...SCRATCH_MOUNTS,
							],
						},
					],
					volumes: [
						{ name: "socket-dir", hostPath: { path: PLUGIN, type: "DirectoryOrCreate" } },
						{ name: "registration-dir", hostPath: { path: `${KUBELET}/plugins_registry`, type: "DirectoryOrCreate" } },
						{ name: "pods-mount-dir", hostPath: { path: `${KUBELET}/pods`, type: "Directory" } },
						...SCRATCH,
					],
				},
			},
		},
	};
}

/** Makes and removes the folders of claims: one, beside a control plane, so that its token is on no machine that runs others' pods. */
export function nfsController(images: Images): Manifest {
	return {
		apiVersion: "apps/v1",
		kind: "Deployment",
		metadata: { name: NFS_CONTROLLER, namespace: NAMESPACE, labels: { app: NFS_CONTROLLER } },
		spec: {
			replicas: 1,
			selector: { matchLabels: { app: NFS_CONTROLLER } },
			strategy: { type: "Recreate" },
			template: {
				metadata: { labels: { app: NFS_CONTROLLER } },
				spec: {
					...podOf(NFS_CONTROLLER, "system-cluster-critical"),
					automountServiceAccountToken: true,
					nodeSelector: { "kubernetes.io/os": "linux", "node-role.kubernetes.io/control-plane": "" },
					tolerations: [{ operator: "Exists", effect: "NoSchedule" }],
					containers: [
						sidecar(images, "csi-provisioner", {
							args: [
								"--v=2",
								"--csi-address=/csi/csi.sock",
								"--leader-election",
								`--leader-election-namespace=${NAMESPACE}`,
								// The folders are named after namespace and claim.
								"--extra-create-metadata=true",
								"--feature-gates=VolumeAttributesClass=false",
								"--timeout=1200s",
								// A file server that comes back is found within a minute.
								"--retry-interval-max=1m",
								"--worker-threads=10",
							],
							memory: "400Mi",
						}),
						{
							...driver(images),
							securityContext: {
								allowPrivilegeEscalation: false,
								// It mounts the export in its own file system for the moment of making a folder; the profile forbids that.
								appArmorProfile: { type: "Unconfined" },
								// FOWNER removes what others left in folders with the sticky bit.
								capabilities: { add: ["SYS_ADMIN", "FOWNER"], drop: ["ALL"] },
								readOnlyRootFilesystem: true,
							},
							volumeMounts: [SOCKET, ...SCRATCH_MOUNTS],
						},
					],
					volumes: [{ name: "socket-dir", emptyDir: {} }, ...SCRATCH],
				},
			},
		},
	};
}

// For the driver's mounts and the locks of mount(8): its own file system is read-only.
const SCRATCH = ["run", "tmp"].map((name) => ({ name, emptyDir: { medium: "Memory", sizeLimit: "16Mi" } }));
const SCRATCH_MOUNTS = SCRATCH.map(({ name }) => ({ mountPath: `/${name}`, name }));

// NFS is spoken from the node's own address and ports below 1024, as exports expect; and the file server's name is one that
// the node's resolver knows. A mount from a pod's own network would end with the pod.
function podOf(name: string, priorityClassName: string) {
	return {
		dnsPolicy: "Default",
		hostNetwork: true,
		priorityClassName,
		securityContext: { seccompProfile: { type: "RuntimeDefault" } },
		serviceAccountName: `${name}-sa`,
	};
}

function driver(images: Images) {
	return {
		name: "nfs",
		image: imageOf(images, "nfs-driver"),
		imagePullPolicy: "IfNotPresent",
		args: ["-v=2", "--nodeid=$(NODE_ID)", "--endpoint=unix:///csi/csi.sock"],
		env: [{ name: "NODE_ID", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } }],
		resources: { limits: { memory: "300Mi" }, requests: { cpu: "10m", memory: "20Mi" } },
	};
}

function sidecar(
	images: Images,
	name: ImageComponent,
	more: {
		readonly args: readonly string[];
		readonly mounts?: readonly { readonly mountPath: string; readonly name: string }[];
		readonly memory: string;
	},
) {
	return {
		name,
		image: imageOf(images, name),
		imagePullPolicy: "IfNotPresent",
		args: more.args,
		resources: { limits: { memory: more.memory }, requests: { cpu: "10m", memory: "20Mi" } },
		securityContext: {
			allowPrivilegeEscalation: false,
			capabilities: { drop: ["ALL"] },
			readOnlyRootFilesystem: true,
		},
		volumeMounts: [SOCKET, ...(more.mounts ?? [])],
	};
}
