import type { Timestamp } from "@rollcall/protocol";

/** What a machine that lost its seat had, for as long as it still holds what it was given. Another boot of it holds nothing. */
export interface Leaving {
	readonly role: string;
	readonly nodeName: string;
	/** Nobody else gets the node name yet. False of one that was lost when it lost its seat: the name may be wanted at once. */
	readonly keepsName: boolean;
	/** Until then its pods are evicted; absent where there is no node to drain. */
	readonly drainUntil?: Timestamp | undefined;
	/** How the drain stands; absent before the first word about it. */
	readonly drain?: { readonly state: "waiting" | "done" | "given-up"; readonly reason: string } | undefined;
	/** Number and time of the event that took the seat. */
	readonly seq: number;
	readonly at: Timestamp;
}
