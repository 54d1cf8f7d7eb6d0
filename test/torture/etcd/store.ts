/** What members keep: written and read at each of them, by its address. */
export interface Store {
	/** What it keeps, in words. */
	readonly keeps: string;
	/** How long a writer rests after each write, in milliseconds. */
	readonly restMs: number;
	/** Takes the credentials that lie below a control plane's root, and makes connections anew. False: there are none. */
	read(root: string): boolean;
	/** Writes. Throws when it was not acknowledged. */
	put(address: string, key: string, value: string): Promise<unknown>;
	/** All keys with this beginning, and their values unless only keys are asked for, none older than what was acknowledged. Throws when there is no answer. */
	all(address: string, beginning: string, keysOnly?: boolean): Promise<ReadonlyMap<string, string>>;
}
