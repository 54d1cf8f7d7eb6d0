import type { Digest, Event, LogFlaw } from "@rollcall/protocol";

/** Where an entry stands in the log: the JetStream sequence number; 0 before the first. */
export type Position = number;

/** What is wrong with the log at a position. */
export type Flaw = LogFlaw & { readonly position: Position };

/** One append: the events of one turn of the loop. They become true together. */
export interface Entry {
	readonly position: Position;
	/** SHA-256 of its bytes, which the next entry names; absent where entries at the end of the log are missing. */
	readonly link?: Digest | undefined;
	/** Only what is understood and was written by a coordinator. */
	readonly events: readonly Event[];
	/** What is wrong with it, or missing before it. */
	readonly flaws: readonly Flaw[];
	/** The version of another program that wrote it, where this one does not understand all of it. */
	readonly beyond?: string | undefined;
}

/** How the log stands: its first and last position, its size, and the most that it may take where that is known. In bytes. */
export interface LogState {
	readonly origin: string;
	readonly first: Position;
	readonly last: Position;
	readonly bytes: number;
	/** How many entries there are; fewer than the positions tell where some are missing. */
	readonly entries: number;
	readonly maxBytes?: number | undefined;
}

/** The one stream that is the truth. */
export interface Log {
	/** Names this log; another one after the store was deleted. */
	origin(): Promise<string>;
	/** Throws LogLost when there is none, LogUnavailable when nobody answers. */
	state(): Promise<LogState>;
	/**
	 * Stores the events as one entry, if the log still ends at `after`. `link`: the digest of the entry there, where that is known. Another one may still take its place in
	 * the moment before the entry is stored, since the store compares positions only. Throws LogConflict, LogFull or LogUnavailable, and LogBeyond where it never takes one again.
	 */
	append(events: readonly Event[], after: Position, link?: Digest): Promise<Entry>;
	/** How large these events are as one entry, and how large one may be. In bytes. */
	measure(events: readonly Event[]): { readonly bytes: number; readonly maxBytes: number };
	/** Takes out all entries before a position, whose state is kept elsewhere. Only the leader does it. Throws LogLost when the log is not the one that was opened, LogUnavailable. */
	trim(before: Position): Promise<void>;
	/** All entries behind `after`, in order, up to the last one at the time of the call. What is wrong with them is named, never thrown. `aside`: nothing will be appended behind what is read. */
	read(after: Position, how?: { readonly aside?: boolean }): AsyncIterable<Entry>;
	/** The entry at exactly this position, or undefined where there is none. */
	get(position: Position): Promise<Entry | undefined>;
	/** Entries behind `after` as they come, for as long as `signal` is not aborted; it survives lost connections. */
	follow(after: Position, onEntry: (entry: Entry) => void, signal: AbortSignal): Promise<void>;
}
