import test from "ava";
import { coreAddOns } from "../../../src/render/addons/core-add-ons.ts";
import { type Manifest, refOf, refText } from "../../../src/render/addons/manifest.ts";
import { documentOf } from "../fleet-of.ts";

interface Container {
	readonly name: string;
	readonly image: string;
	readonly args: readonly string[];
	readonly resources: { readonly requests: Record<string, string>; readonly limits: Record<string, string> };
	readonly securityContext: {
		readonly privileged?: boolean;
		readonly allowPrivilegeEscalation?: boolean;
		readonly readOnlyRootFilesystem?: boolean;
		readonly capabilities?: { readonly add?: readonly string[]; readonly drop: readonly string[] };
	};
}
interface Pod {
	readonly containers: readonly Container[];
	readonly volumes: readonly { readonly hostPath?: { readonly path: string } }[];
	readonly [field: string]: unknown;
}

const addOns = (volumes: string, more = ""): readonly Manifest[] =>
	coreAddOns(
		documentOf(`apiVersion: rollcall/v1
kind: Cluster
name: lab
kubernetes: { version: "1.36" }
volumes: ${volumes}
${more}
slots:
  - { name: control, role: control-plane, count: 1 }
`),
	);
const NFS = "{ nfs: { server: 192.168.1.2, path: /export } }";
const ALL = addOns(NFS).slice(addOns("{}").length);
const find = (kind: string, manifests: readonly Manifest[] = ALL) =>
	manifests.find((manifest) => manifest.kind === kind) as Manifest;
const podOf = (kind: string) => (find(kind) as unknown as { spec: { template: { spec: Pod } } }).spec.template.spec;

test("rights and the driver come before the class, and nothing where no file server is declared", (t) => {
	t.deepEqual(
		ALL.map((manifest) => refText(refOf(manifest))),
		[
			"ServiceAccount kube-system/csi-nfs-node-sa",
			"ServiceAccount kube-system/csi-nfs-controller-sa",
			"ClusterRole.rbac.authorization.k8s.io rollcall:nfs-provisioner",
			"ClusterRoleBinding.rbac.authorization.k8s.io rollcall:nfs-provisioner",
			"Role.rbac.authorization.k8s.io kube-system/rollcall:nfs-provisioner",
			"RoleBinding.rbac.authorization.k8s.io kube-system/rollcall:nfs-provisioner",
			"CSIDriver.storage.k8s.io nfs.csi.k8s.io",
			"DaemonSet.apps kube-system/csi-nfs-node",
			"Deployment.apps kube-system/csi-nfs-controller",
			"StorageClass.storage.k8s.io nfs",
		],
	);
});

test("the class is the default one, with a folder per volume that is named after its claim", (t) => {
	t.like(find("StorageClass"), {
		metadata: { name: "nfs", annotations: { "storageclass.kubernetes.io/is-default-class": "true" } },
		provisioner: "nfs.csi.k8s.io",
		parameters: {
			server: "192.168.1.2",
			share: "/export",
			// biome-ignore lint/suspicious/noTemplateCurlyInString: the driver's placeholders
			subDir: "${pvc.metadata.namespace}/${pvc.metadata.name}/${pv.metadata.name}",
		},
		reclaimPolicy: "Delete",
		mountOptions: ["nfsvers=4.1"],
	});
	const own =
		"{ nfs: { server: a, path: /, storageClass: slow, default: false, reclaimPolicy: Retain, mountOptions: [soft] } }";
	t.like(find("StorageClass", addOns(own)), {
		metadata: { name: "slow", annotations: { "storageclass.kubernetes.io/is-default-class": "false" } },
		reclaimPolicy: "Retain",
		mountOptions: ["soft"],
	});
});

test("the node's part has no rights at the API and no token; the provisioner reads no Secret and runs beside control planes only", (t) => {
	t.false(podOf("DaemonSet").automountServiceAccountToken);
	t.like(podOf("Deployment"), { nodeSelector: { "node-role.kubernetes.io/control-plane": "" } });
	const rules = ALL.flatMap((manifest) => (manifest.rules ?? []) as { resources: string[]; verbs: string[] }[]);
	t.deepEqual([...new Set(rules.flatMap(({ resources }) => resources))].sort(), [
		"events",
		"leases",
		"persistentvolumeclaims",
		"persistentvolumes",
		"storageclasses",
	]);
	t.false(JSON.stringify(rules).includes("*"));
	const bound = JSON.stringify(ALL.filter(({ kind }) => /Binding$/.test(kind)));
	t.false(bound.includes("csi-nfs-node-sa"));
});

test("pods are hardened; what they hold beyond that is what mounting takes", (t) => {
	for (const kind of ["DaemonSet", "Deployment"]) {
		const pod = podOf(kind);
		t.deepEqual(pod.securityContext, { seccompProfile: { type: "RuntimeDefault" } });
		t.regex(String(pod.priorityClassName), /^system-(?:node|cluster)-critical$/);
		for (const { name, image, resources, securityContext } of pod.containers) {
			const at = `${kind} ${name}`;
			t.regex(image, /^registry\.k8s\.io\/sig-storage\/[a-z-]+:v\d+\.\d+\.\d+$/, at);
			t.true(securityContext.readOnlyRootFilesystem, at);
			t.truthy(resources.requests.cpu && resources.requests.memory && resources.limits.memory, at);
			t.is(securityContext.privileged ?? false, at === "DaemonSet nfs", at);
			if (securityContext.privileged) continue;
			t.false(securityContext.allowPrivilegeEscalation, at);
			t.deepEqual(securityContext.capabilities?.drop, ["ALL"], at);
			t.deepEqual(securityContext.capabilities?.add ?? [], at === "Deployment nfs" ? ["SYS_ADMIN", "FOWNER"] : [], at);
		}
	}
	const paths = (kind: string) => podOf(kind).volumes.flatMap(({ hostPath }) => hostPath?.path ?? []);
	t.deepEqual(paths("Deployment"), []);
	t.true(
		paths("DaemonSet").every((path) =>
			/^\/var\/lib\/kubelet\/(?:pods|plugins_registry|plugins\/csi-nfsplugin)$/.test(path),
		),
	);
});

test("images of the NFS driver come from where the document says", (t) => {
	const text = JSON.stringify(
		addOns(NFS, "images: { repository: mirror.lab.example/k8s, overrides: { csi-provisioner: own.example/p:v1 } }"),
	);
	t.regex(text, /"image":"mirror\.lab\.example\/k8s\/sig-storage\/nfsplugin:v[\d.]+"/);
	t.true(text.includes('"image":"own.example/p:v1"'));
	t.false(text.includes("registry.k8s.io/"));
});
