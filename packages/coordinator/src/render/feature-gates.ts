import type { Node } from "./node.ts";

/** Feature gates of all Kubernetes components, sorted: the version's own, then the declared ones. */
export function featureGates(node: Pick<Node, "document" | "version">): Readonly<Record<string, boolean>> {
	const gates = { ...node.version.featureGates, ...node.document.kubernetes.featureGates };
	return Object.fromEntries(Object.entries(gates).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The same as the value of `--feature-gates`; no argument where there is none. */
export function featureGateArgument(node: Pick<Node, "document" | "version">): Readonly<Record<string, string>> {
	const gates = Object.entries(featureGates(node)).map(([name, on]) => `${name}=${on}`);
	return gates.length > 0 ? { "feature-gates": gates.join(",") } : {};
}
