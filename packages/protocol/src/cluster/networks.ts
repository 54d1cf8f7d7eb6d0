import { z } from "zod";

const Cidr = z
	.string()
	.max(64)
	.regex(/^[0-9a-fA-F:.]+\/\d{1,3}$/, "a network is in CIDR notation, like 10.254.0.0/16");

/** Which of a machine's addresses is its node address: inside a network, on an interface, or the default route's. */
export const NodeAddressRule = z.union([
	z.strictObject({ cidr: Cidr }),
	z.strictObject({ interface: z.string().min(1).max(32) }),
	z.strictObject({ defaultRoute: z.literal(true) }),
]);
export type NodeAddressRule = z.infer<typeof NodeAddressRule>;

/** The cluster's networks. The defaults are the ones that `deploy/examples` use. */
export const Networks = z.strictObject({
	pods: Cidr.default("10.254.0.0/16"),
	services: Cidr.default("10.253.0.0/16"),
	/** Networks of the other IP version, for dual stack: each node and pod has an address of both. */
	second: z.strictObject({ pods: Cidr, services: Cidr }).optional(),
	nodeAddress: NodeAddressRule.default({ defaultRoute: true }),
	dnsDomain: z.string().max(253).default("cluster.local"),
	/** DNS servers for pods and nodes; at most three are used (resolv.conf(5)). Absent: those that the machine has. */
	dnsServers: z.array(z.string().max(64)).max(3, "resolv.conf takes at most 3 DNS servers").optional(),
});
export type Networks = z.infer<typeof Networks>;
