import type { LogFlaw, Timestamp } from "@rollcall/protocol";

/** How far the log's time is ahead of the date from `at` on. Milliseconds. */
export interface ClockStep {
	readonly at: Timestamp;
	readonly aheadMs: number;
}

/** How the state stands to its log. */
export interface LogStanding {
	/** Up to this position of the log all that is wrong with it was told. */
	readonly checkedTo: number;
	/** How full it was when that was told last, from 70 % on. In bytes. */
	readonly filled?: LogFilled | undefined;
	/** What is in doubt, until machines or a person say that it goes on from here. */
	readonly doubt?: LogDoubt | undefined;
}

/** How full the log is. */
export interface LogFilled {
	readonly percent: number;
	readonly bytes: number;
	readonly maxBytes: number;
}

/** What is doubtful about the log, and since when. */
export interface LogDoubt {
	/** Number and time of the event that said so first. */
	readonly seq: number;
	readonly at: Timestamp;
	readonly kinds: readonly LogFlaw["kind"][];
	/** The first flaw in words, and how many there are. */
	readonly reason: string;
}

/** What an operator can do about it, in words. */
export const ACCEPT_LOG = "look which machines hold what (rollcall machines), then: rollcall log accept";

/** How full the log is, in words, with what an operator can do. */
export function fillingText({ percent, bytes, maxBytes }: LogFilled): string {
	return `the event log takes ${bytes} of ${maxBytes} bytes (${percent} %); give it more before it is full: logBytes of the coordinator's configuration`;
}
