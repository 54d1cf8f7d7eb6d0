import { z } from "zod";
import { Name } from "./ids.ts";

const Cidr = z
	.string()
	.max(64)
	.regex(/^[0-9a-fA-F:.]+\/\d{1,3}$/, "a network is in CIDR notation, like 10.254.3.0/24");

/** Networks or addresses of the IP versions that a cluster has, in CIDR notation, the first version first. */
export const PerVersion = z.array(Cidr).min(1).max(2);
export type PerVersion = z.infer<typeof PerVersion>;

/** So many nodes have routes to each other: what fits one message. */
export const MAX_POD_ROUTES = 4_000;

/** What an agent needs to bring pods of its node and those of others together. */
export const TargetPodNetwork = z.strictObject({
	/** The node's share: its pods have addresses of these. */
	own: PerVersion,
	/** All pods of the cluster. What pods send elsewhere leaves with the node's address. */
	pods: PerVersion,
	/** The node's own addresses, with the length of the network on their link. */
	addresses: PerVersion,
	/** The interface that has them. */
	nic: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,14}$/, "not a plain name of an interface"),
	/** The bridge that the CNI plugin makes for the node's pods. */
	bridge: z.string().regex(/^cni\d$/, "not a name of a bridge"),
	/** VXLAN to nodes that are on no common link (RFC 7348): the network's identifier, and the UDP port. */
	vxlan: z.strictObject({ id: z.int().min(1).max(0xff_ffff), port: z.int().min(1).max(65535) }),
});
export type TargetPodNetwork = z.infer<typeof TargetPodNetwork>;

/** Where the pods of one node are: its share, and its addresses with the length of the network on their link. */
export const PodRoute = z.strictObject({ nodeName: Name, networks: PerVersion, addresses: PerVersion });
export type PodRoute = z.infer<typeof PodRoute>;
