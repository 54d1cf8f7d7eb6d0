import type { Digest } from "@rollcall/protocol";
import type { Position } from "./log.ts";

/** How far a coordinator read a log, kept outside of the log: what ends before it, or is another entry there, went back. */
export interface LogMark {
	readonly origin: string;
	readonly position: Position;
	/** Digest of the entry there, where there is one. */
	readonly link?: Digest | undefined;
	/** Number of the newest event up to there. */
	readonly seq: number;
}

/** Where the mark of the log is kept. */
export interface LogMarks {
	load(): Promise<LogMark | undefined>;
	/** Returns at once; of marks that follow each other quickly the last one is kept. */
	save(mark: LogMark): void;
	/** Resolves when the last one is kept. */
	flush(): Promise<void>;
}
