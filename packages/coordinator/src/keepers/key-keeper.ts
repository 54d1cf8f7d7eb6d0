import type { Rotated, Timestamp, Trust } from "@rollcall/protocol";
import { dueSteps } from "../domain/certificates/exposure.ts";
import { behind, dueRenewal, type RotationStep, rotated } from "../domain/certificates/rotation.ts";
import {
	authorityFault,
	clockDoubt,
	hasValidAuthorities,
	mendedTrust,
} from "../domain/certificates/wrong-authorities.ts";
import type { Fleet } from "../domain/fleet.ts";
import type { SummaryIfKnown } from "../domain/observed.ts";
import type { Clock } from "../ports/clock.ts";
import type { Core } from "../ports/core.ts";
import type { Pki } from "../ports/pki.ts";
import { inRounds } from "./rounds.ts";

/** What changing keys in time needs. */
export interface KeyKeeperParts {
	readonly core: Pick<Core, "fleet" | "actsIn" | "submit">;
	readonly clock: Pick<Clock, "now" | "wall" | "sleep">;
	readonly pki: Pick<Pki, "freshTrust">;
	readonly summarize: SummaryIfKnown;
	readonly onTrouble: (what: string, error?: unknown) => void;
	/** Between looks, in milliseconds; five seconds without it. */
	readonly everyMs?: number;
}

/** The most machines that one warning names. */
const MAX_NAMED = 10;

/** Authorities that are not valid are replaced when they were so for so long, where machines hold what they signed: time enough to hear what those say of the date. */
const HEARD_FOR_MS = 15_000;
/** The time between two replacements, in milliseconds; doubled each time. */
const REPLACED_EVERY_MS = 60_000;
const REPLACED_AT_MOST_EVERY_MS = 3_600_000;

/** What was found of authorities that are not valid, by the log's time. */
interface Found {
	wrongSince: number | undefined;
	replaced: number;
	notBefore: number;
}

/**
 * Changes the fleet's authorities before they end, and all keys that a machine in other hands held, step by step; and authorities at once
 * that are not valid, since a clock was wrong when they were made. For as long as this coordinator leads. Ends with `signal`.
 */
export async function keepKeys(parts: KeyKeeperParts, signal: AbortSignal): Promise<void> {
	const found: Found = { wrongSince: undefined, replaced: 0, notBefore: 0 };
	let told = "";
	const round = async (): Promise<void> => {
		const waiting = parts.core.actsIn() !== undefined ? await look(parts, found) : "";
		if (waiting !== told && waiting !== "") parts.onTrouble(waiting);
		told = waiting;
	};
	const onTrouble = (error: unknown): void => parts.onTrouble("keys could not be changed; trying again", error);
	await inRounds(round, { sleep: parts.clock.sleep, everyMs: parts.everyMs ?? 5_000, onTrouble }, signal);
}

/** Steps that are due at once, and why. */
interface Due {
	readonly steps: readonly { readonly what: Rotated; readonly step: RotationStep }[];
	readonly reason: string;
}

/** Keys in other hands come first: the renewal of authorities is a part of their change, or follows it. By a clock that is in doubt nothing is renewed. */
function dueNow(fleet: Fleet, trust: Trust, wall: Timestamp): Due | undefined {
	const steps = dueSteps(fleet);
	if (steps.length > 0) {
		const told = steps.map(({ what, step }) => `${what}: ${step}`).join(", ");
		return { steps, reason: `a machine in other hands held the keys of before (${told})` };
	}
	const renewal = dueRenewal(trust, wall);
	if (clockDoubt(fleet) !== undefined) return undefined;
	return renewal && { steps: [{ what: "authorities", step: renewal.step }], reason: renewal.reason };
}

/** Does the step that is due. Returns what it waits for; empty when it waits for nothing. */
async function look(parts: KeyKeeperParts, found: Found): Promise<string> {
	const { core, clock } = parts;
	const fleet = core.fleet();
	const now = clock.now();
	if (!fleet.trust || now < fleet.recoverUntil) return "";
	const fault = authorityFault(fleet.trust.trust, clock.wall());
	if (fault === undefined) found.wrongSince = undefined;
	if (fault === undefined) return await step(parts);
	const doubt = clockDoubt(fleet);
	found.wrongSince ??= now;
	if (doubt !== undefined) return `${fault}; ${doubt}, so that nothing is done: set the wrong clock right`;
	const seated = [...fleet.machines.values()].some(({ seat }) => seat !== undefined);
	if (seated && now - found.wrongSince < HEARD_FOR_MS) return "";
	if (now < found.notBefore) return `${fault}; they were replaced a short time ago, and are again in a while`;
	found.notBefore = now + Math.min(REPLACED_AT_MOST_EVERY_MS, REPLACED_EVERY_MS * 2 ** found.replaced++);
	return await replace(parts, `${fault}: others take their place (authorities: replace)`);
}

/** Has other authorities sign in place of those that are not valid. There is nobody to wait for: what they signed is valid for nobody. */
async function replace({ core, clock, pki }: KeyKeeperParts, reason: string): Promise<string> {
	const { trust: known } = core.fleet();
	if (!known) return "";
	const date = clock.wall();
	const fresh = hasValidAuthorities(known.trust, date) ? known.trust : await pki.freshTrust();
	const trust = mendedTrust(known.trust, fresh, date);
	const answer = await core.submit({ kind: "change-trust", trust, after: known.seq, reason });
	return answer.kind === "problem" ? answer.problem.message : "";
}

/** The steps that are due, if there are any. Returns as `look` does. */
async function step({ core, clock, pki, summarize }: KeyKeeperParts): Promise<string> {
	const fleet = core.fleet();
	if (!fleet.trust) return "";
	const { trust, seq } = fleet.trust;
	const due = dueNow(fleet, trust, clock.wall());
	if (!due) return "";
	const late = behind(fleet, summarize, clock.now()).map(({ machineId }) => machineId);
	if (late.length > 0) {
		const more = late.length > MAX_NAMED ? ` and ${late.length - MAX_NAMED} more` : "";
		return `${due.reason}; waiting for machines that have not followed the last change: ${late.slice(0, MAX_NAMED).join(", ")}${more}`;
	}
	const fresh = due.steps.some((one) => one.step === "prepare") ? await pki.freshTrust() : trust;
	const answer = await core.submit({
		kind: "change-trust",
		trust: due.steps.reduce((changed, { what }) => rotated(changed, what, fresh), trust),
		after: seq,
		reason: due.reason,
	});
	return answer.kind === "problem" ? answer.problem.message : "";
}
