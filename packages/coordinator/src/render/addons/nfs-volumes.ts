import type { ClusterDocument, NfsVolumes } from "@rollcall/protocol";
import type { KubernetesVersion } from "../versions.ts";
import type { Manifest } from "./manifest.ts";
import { NFS_CONTROLLER, NFS_NODE, nfsController, nfsNode } from "./nfs-driver-pods.ts";

const RBAC = "rbac.authorization.k8s.io";
const NAMESPACE = "kube-system";
/** The driver's own name, by which claims and kubelets find it. */
const DRIVER = "nfs.csi.k8s.io";
const PROVISIONER = "rollcall:nfs-provisioner";
/** By which Kubernetes knows the class of claims that name none. */
const IS_DEFAULT = "storageclass.kubernetes.io/is-default-class";

/** What the volume provisioner is made from. */
export interface VolumesAddOn {
	readonly document: ClusterDocument;
	readonly version: KubernetesVersion;
}

/**
 * Volumes from a file server: the CSI driver for NFS, which mounts from within its own pods, so that nodes need nothing but
 * the kernel's NFS client. Names as in the driver's own manifests, without what is not used here (snapshots, resizing).
 * Nothing where the document declares no `volumes.nfs`.
 */
export function nfsVolumes({ document, version }: VolumesAddOn): readonly Manifest[] {
	const nfs = document.volumes?.nfs;
	if (!nfs) return [];
	return [
		...identities(),
		driver(),
		nfsNode({ document, version }),
		nfsController({ document, version }),
		storageClass(nfs),
	];
}

/** The node's part asks the API nothing and has an account without rights; the provisioner may do what making volumes takes. */
function identities(): readonly Manifest[] {
	const account = (name: string): Manifest => ({
		apiVersion: "v1",
		kind: "ServiceAccount",
		metadata: { name, namespace: NAMESPACE },
		automountServiceAccountToken: false,
	});
	const read = ["get", "list", "watch"];
	const subjects = [{ kind: "ServiceAccount", name: `${NFS_CONTROLLER}-sa`, namespace: NAMESPACE }];
	return [
		account(`${NFS_NODE}-sa`),
		account(`${NFS_CONTROLLER}-sa`),
		{
			apiVersion: `${RBAC}/v1`,
			kind: "ClusterRole",
			metadata: { name: PROVISIONER },
			rules: [
				{ apiGroups: [""], resources: ["persistentvolumes"], verbs: [...read, "create", "patch", "delete"] },
				{ apiGroups: [""], resources: ["persistentvolumeclaims"], verbs: [...read, "update"] },
				{ apiGroups: ["storage.k8s.io"], resources: ["storageclasses"], verbs: read },
				{ apiGroups: [""], resources: ["events"], verbs: ["create", "update", "patch"] },
			],
		},
		{
			apiVersion: `${RBAC}/v1`,
			kind: "ClusterRoleBinding",
			metadata: { name: PROVISIONER },
			roleRef: { apiGroup: RBAC, kind: "ClusterRole", name: PROVISIONER },
			subjects,
		},
		// Its lease; two provisioners may run for a moment when a machine is lost.
		{
			apiVersion: `${RBAC}/v1`,
			kind: "Role",
			metadata: { name: PROVISIONER, namespace: NAMESPACE },
			rules: [
				{ apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["create"] },
				{
					apiGroups: ["coordination.k8s.io"],
					resources: ["leases"],
					resourceNames: [DRIVER.replaceAll(".", "-")],
					verbs: ["get", "update", "patch"],
				},
			],
		},
		{
			apiVersion: `${RBAC}/v1`,
			kind: "RoleBinding",
			metadata: { name: PROVISIONER, namespace: NAMESPACE },
			roleRef: { apiGroup: RBAC, kind: "Role", name: PROVISIONER },
			subjects,
		},
	];
}

function driver(): Manifest {
	return {
		apiVersion: "storage.k8s.io/v1",
		kind: "CSIDriver",
		metadata: { name: DRIVER },
		// kubelet gives the volume to the group that a pod's fsGroup names: folders are made for root.
		spec: { attachRequired: false, volumeLifecycleModes: ["Persistent"], fsGroupPolicy: "File" },
	};
}

function storageClass({ server, path, storageClass: name, default: isDefault, ...nfs }: NfsVolumes): Manifest {
	return {
		apiVersion: "storage.k8s.io/v1",
		kind: "StorageClass",
		// Said both ways: what is only left out would stay.
		metadata: { name, annotations: { [IS_DEFAULT]: String(isDefault) } },
		provisioner: DRIVER,
		parameters: {
			server,
			share: path,
			// People find whose folder it is, also when the cluster is gone; the volume's own name keeps them apart.
			// biome-ignore lint/suspicious/noTemplateCurlyInString: the driver's placeholders
			subDir: "${pvc.metadata.namespace}/${pvc.metadata.name}/${pv.metadata.name}",
		},
		reclaimPolicy: nfs.reclaimPolicy,
		volumeBindingMode: "Immediate",
		mountOptions: nfs.mountOptions,
	};
}
