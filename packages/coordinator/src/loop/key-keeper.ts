import type { SummaryIfKnown } from "../domain/observed.ts";
import { behind, dueRenewal, rotated } from "../domain/rotation.ts";
import type { Clock, Core, Pki } from "../ports.ts";

/** What changing keys in time needs. */
export interface KeyKeeperParts {
	readonly core: Pick<Core, "fleet" | "leadership" | "submit">;
	readonly clock: Pick<Clock, "now">;
	readonly pki: Pick<Pki, "freshTrust">;
	readonly summarize: SummaryIfKnown;
	readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
	readonly onTrouble: (what: string, error?: unknown) => void;
	/** Between looks, in milliseconds; a minute without it. */
	readonly everyMs?: number;
}

/** So many machines a word of warning names. */
const MAX_NAMED = 10;

/** Changes the fleet's authorities before they end, step by step, for as long as this coordinator leads. Ends with `signal`. */
export async function keepKeys(parts: KeyKeeperParts, signal: AbortSignal): Promise<void> {
	let told = "";
	while (!signal.aborted) {
		try {
			const waiting = parts.core.leadership().leads ? await step(parts) : "";
			if (waiting !== told && waiting !== "") parts.onTrouble(waiting);
			told = waiting;
		} catch (error) {
			parts.onTrouble("the authorities could not be renewed; trying again", error);
		}
		await parts.sleep(parts.everyMs ?? 60_000, signal);
	}
}

/** The step that is due, if there is one. Returns what it waits for; empty when nothing is to be said. */
async function step({ core, clock, pki, summarize }: KeyKeeperParts): Promise<string> {
	const fleet = core.fleet();
	const now = clock.now();
	const due = fleet.trust && now >= fleet.recoverUntil ? dueRenewal(fleet.trust.trust, now) : undefined;
	if (!fleet.trust || !due) return "";
	const late = behind(fleet, summarize, now).map(({ machineId }) => machineId);
	if (late.length > 0) {
		const more = late.length > MAX_NAMED ? ` and ${late.length - MAX_NAMED} more` : "";
		return `${due.reason}; waiting for machines that have not followed the last change: ${late.slice(0, MAX_NAMED).join(", ")}${more}`;
	}
	const { trust, seq } = fleet.trust;
	const fresh = due.step === "prepare" ? await pki.freshTrust() : trust;
	const reason = due.reason;
	const answer = await core.submit({
		kind: "change-trust",
		trust: rotated(trust, "authorities", fresh),
		after: seq,
		reason,
	});
	return answer.kind === "problem" ? answer.problem.message : "";
}
