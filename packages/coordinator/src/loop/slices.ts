import type { SummaryIfKnown, TargetSummary } from "../domain/observed.ts";

/** Summaries for one turn, of which only so many are rendered. */
export interface Slice {
	readonly summarize: SummaryIfKnown;
	/** True when something was asked for that the next turn has to find out. */
	isCut(): boolean;
}

/**
 * Bounds what one turn renders. After a start, and after a change of the document, every target of the fleet is to be
 * rendered: with 10,000 machines that takes seconds, in which nobody would get an answer if it were done at once.
 */
export function sliceOf(summarize: TargetSummary, most: number): Slice {
	let left = most;
	let cut = false;
	return {
		summarize: (fleet, machine, seat) => {
			if (summarize.isKnown?.(fleet, machine, seat) === false && left-- <= 0) {
				cut = true;
				return undefined;
			}
			return summarize(fleet, machine, seat);
		},
		isCut: () => cut,
	};
}
