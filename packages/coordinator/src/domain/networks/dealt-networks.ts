/** A node's share of the pod network, of each IP version. */
export interface DealtNetworks {
	readonly networks: readonly string[];
	/** The pool that the share is of; empty where that is not known. */
	readonly pool: string;
	/** Which share of the pool. */
	readonly index: number;
}
