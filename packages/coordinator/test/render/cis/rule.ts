import { type NodeTree, nodeTree } from "../node-tree.ts";

export type Role = "control-plane" | "worker" | "etcd";

/** One rule of the CIS benchmark (numbers as in kube-bench cis-1.12), evaluated on a rendered tree. */
export interface Rule {
	readonly id: string;
	readonly title: string;
	readonly on: readonly Role[];
	readonly holds: (tree: NodeTree) => boolean;
}

/** The trees that the rules are evaluated on. */
export const NODE_TREES: Record<Role, NodeTree> = {
	"control-plane": nodeTree("control-plane"),
	worker: nodeTree("worker"),
	etcd: nodeTree("etcd"),
};

export const CONTROL: readonly Role[] = ["control-plane"];
export const ETCD: readonly Role[] = ["control-plane", "etcd"];
export const NODES: readonly Role[] = ["control-plane", "worker", "etcd"];
export const IN_CLUSTER: readonly Role[] = ["control-plane", "worker"];

export const is0600 = (path: string) => (tree: NodeTree) => tree.modeOf(path) === "0600";
export const manifest = (name: string) => is0600(`/etc/kubernetes/manifests/${name}.yaml`);
export const argument = (pod: string, name: string, wanted: string | RegExp) => (tree: NodeTree) => {
	const value = tree.arguments(pod)[name];
	if (value === undefined) return false;
	return typeof wanted === "string" ? value === wanted : wanted.test(value);
};
export const without =
	(pod: string, ...names: readonly string[]) =>
	(tree: NodeTree) =>
		names.every((name) => tree.arguments(pod)[name] === undefined);
export const all =
	(...checks: readonly ((tree: NodeTree) => boolean)[]) =>
	(tree: NodeTree) =>
		checks.every((check) => check(tree));
export const plugins = (tree: NodeTree) =>
	(tree.arguments("kube-apiserver")["enable-admission-plugins"] ?? "").split(",");
export const notDisabled = (name: string) => (tree: NodeTree) =>
	!(tree.arguments("kube-apiserver")["disable-admission-plugins"] ?? "").split(",").includes(name);
const config = (tree: NodeTree) => tree.yaml("/var/lib/kubelet/config.yaml") as Record<string, never>;
export const field = (path: string, good: (value: unknown) => boolean) => (tree: NodeTree) =>
	good(path.split(".").reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], config(tree)));
export const PKI = /^\/etc\/kubernetes\/pki\//;
export const strong = (list: string) =>
	list
		.split(",")
		.every((suite) =>
			/^TLS_ECDHE_(?:RSA|ECDSA)_WITH_(?:AES_(?:128|256)_GCM_SHA(?:256|384)|CHACHA20_POLY1305(?:_SHA256)?)$/.test(suite),
		);
export const unit = (tree: NodeTree) => tree.text("/run/systemd/system/kubelet.service");
