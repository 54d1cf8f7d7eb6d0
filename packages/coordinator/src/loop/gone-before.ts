import { LogBeyond } from "../errors.ts";
import type { KeptStates } from "../ports/kept-states.ts";
import type { Flaw, LogState } from "../ports/log.ts";

/**
 * What is wrong with the beginning of a log: entries before its first one that nobody took out. Who shortens a log keeps a state in its store first; where none reaches
 * the first entry, those before it went in another way.
 */
export async function goneBefore(
	{ origin, first }: Pick<LogState, "origin" | "first">,
	states: Pick<KeptStates, "load">,
): Promise<readonly Flaw[]> {
	const last = first - 1;
	if (last < 1) return [];
	try {
		const kept = await states.load(origin);
		if (kept && kept.position >= last) return [];
	} catch (error) {
		// What another version kept stands for them, whoever understands it.
		if (error instanceof LogBeyond) return [];
		throw error;
	}
	const which = last === 1 ? "entry 1 is" : `entries 1 to ${last} are`;
	return [{ kind: "gap", position: last, reason: `${which} missing from the event log` }];
}
