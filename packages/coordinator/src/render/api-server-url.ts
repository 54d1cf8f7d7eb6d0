import { type Node, urlHost } from "./node.ts";
import { NODE_PORTS } from "./node-paths.ts";

/** Where a node's own components and its administrators find the API: at the balancer on the node's loopback. */
export const BALANCED_API_URL = `https://127.0.0.1:${NODE_PORTS.balancer}`;

/**
 * The API server of a control plane itself. Only for what must never be newer than the API server that it speaks to, which are
 * controller manager and scheduler (Kubernetes' version skew policy): they come and go with the one beside them.
 */
export function ownApiServerUrl(node: Node): string {
	return `https://${urlHost(node.address)}:${node.document.controlPlane.port}`;
}
