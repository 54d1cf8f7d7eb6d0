import { type Node, urlHost } from "./node.ts";
import { NODE_PORTS } from "./node-paths.ts";

/** Where a node's own components find the API: a control plane beside itself, all others at the balancer on their loopback. */
export function apiServerUrl(node: Node): string {
	if (node.role === "control-plane") return `https://${urlHost(node.address)}:${node.document.controlPlane.port}`;
	return `https://127.0.0.1:${NODE_PORTS.balancer}`;
}
