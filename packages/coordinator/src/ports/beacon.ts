/** Who leads. `term` is the number of its `leader-elected` event: the higher one is right. */
export interface Lead {
	readonly coordinatorId: string;
	readonly url: string;
	readonly term: number;
	/** The log's time when it was said; older coordinators do not say it. */
	readonly at?: number | undefined;
}

/** How coordinators on one bus know that the leader lives. Nothing of it is stored. */
export interface Beacon {
	announce(lead: Lead): void;
	/** The newest announcement of another coordinator, with the monotonic time at which it came. */
	latest(): { readonly lead: Lead; readonly heardAt: number } | undefined;
}
