import type { MachineId } from "@rollcall/protocol";
import type { SummaryIfKnown, TargetSummary } from "../domain/observed.ts";

/** The most targets that one turn renders: some 30 ms, so that questions meanwhile are answered soon. */
export const RENDER_PER_TURN = 50;

/** Summaries for one turn, which renders a bounded number of targets. */
export interface Slice {
	readonly summarize: SummaryIfKnown;
	/** True when something was asked for that a later turn has to find out. */
	isCut(): boolean;
}

/**
 * Gives each turn its slice of `most` targets to render. After a start, and after a change of the document, every target of the fleet is
 * to be rendered: with 10,000 machines that takes seconds, in which nobody would get an answer if it were done at once. Who was put off
 * longest comes first: a fleet is looked at in the same order each turn, and while others arrive its last ones would wait for all of them.
 */
export function slicesOf(summarize: TargetSummary, most: number): () => Slice {
	/** Who waited when the latest turn began, longest first, and whom that turn put off. */
	let waiting: ReadonlySet<MachineId> = new Set();
	let putOff = new Set<MachineId>();
	return () => {
		const again = putOff;
		const late = new Set([...waiting].filter((machineId) => again.has(machineId)).concat([...again]));
		const first = new Set([...late].slice(0, most));
		const cut = new Set<MachineId>();
		let left = most - first.size;
		waiting = late;
		putOff = cut;
		const summarizeSome: SummaryIfKnown = (fleet, machine, seat) => {
			const { machineId } = machine;
			if (summarize.isKnown?.(fleet, machine, seat) === false) {
				if (!first.delete(machineId) && (late.has(machineId) || left-- <= 0)) {
					cut.add(machineId);
					return undefined;
				}
			}
			return summarize(fleet, machine, seat);
		};
		return {
			summarize: Object.assign(summarizeSome, summarize.basisOf ? { basisOf: summarize.basisOf } : {}),
			isCut: () => cut.size > 0,
		};
	};
}
