import type { ClusterDocument } from "@rollcall/protocol";

/** The argument of kube-controller-manager that says it for a cluster of one IP version, and those for each. */
export const MASK_ARGUMENT = "node-cidr-mask-size";
export const MASK_ARGUMENTS = { 32: `${MASK_ARGUMENT}-ipv4`, 128: `${MASK_ARGUMENT}-ipv6` } as const;
/** kube-controller-manager's defaults. */
const DEFAULT_MASKS = { 32: 24, 128: 64 } as const;

/** The length of the pod network that each node gets, of an IP version; the default where what is declared is none. */
export function nodeMask({ kubernetes, networks }: ClusterDocument, bits: 32 | 128): number {
	const given = kubernetes.extraArguments.controllerManager;
	const text = (networks.second ? undefined : given[MASK_ARGUMENT]) ?? given[MASK_ARGUMENTS[bits]];
	return parseMask(text, bits) ?? DEFAULT_MASKS[bits];
}

/** A length as the argument takes it, or undefined. Zero stands for the default, as in Kubernetes, which takes 024 for octal. */
export function parseMask(text: string | undefined, bits: 32 | 128): number | undefined {
	const mask = text !== undefined && /^[1-9]\d{0,2}$/.test(text) ? Number(text) : 0;
	return mask > 0 && mask <= bits ? mask : undefined;
}
