import type { EnrollClaim, Facts } from "@rollcall/protocol";
import { backoff } from "../domain/backoff.ts";
import type { Enroll } from "../ports/enrollment.ts";
import type { Accepted, Clock, Log } from "../ports.ts";
import type { BootIdentity } from "./boot-identity.ts";

/** Unreachable coordinators are asked again soon; a refusal stands until a person acts, so that is asked again slowly. */
const SHORT = { baseMs: 250, maxMs: 30_000 };
const IMPATIENT = { baseMs: 250, maxMs: 5_000 };
/** A boot that waits for the end of the one before it asks so often, since that end may come at any second. */
const HELD = { baseMs: 1_000, maxMs: 2_000 };
/** A coordinator that says when to come back is believed up to here; a second of jitter spreads those who were told the same. */
const LATEST_MS = 60_000;
const JITTER_MS = 1_000;
const LONG = { baseMs: 30_000, maxMs: 60_000 };

/** What joining needs. `token` reads the one-time token; `dropToken` removes it once it was used. */
export interface JoinerParts {
	readonly enroll: Enroll;
	readonly clock: Clock;
	readonly log: Log;
	readonly random: () => number;
	readonly facts: () => Promise<Facts>;
	readonly identity: BootIdentity;
	readonly running: () => Accepted | undefined;
	readonly token: () => string | undefined;
	readonly dropToken: () => void;
}

/** Enrolls this incarnation. */
export interface Joiner {
	/** Asks once, and when that fails waits for as long as is polite. `impatient`: at most 5 s for coordinators that do not answer. */
	attempt(signal: AbortSignal, impatient: boolean): Promise<"joined" | "refused" | "unreachable">;
}

/** A joiner without a failure so far. */
export function createJoiner(parts: JoinerParts): Joiner {
	const { clock, log, identity } = parts;
	let failures = 0;
	let logged = "";
	return {
		async attempt(signal, impatient) {
			const token = parts.token();
			const proof = parts.running()?.proof;
			const claim: EnrollClaim = {
				publicKey: identity.current().publicKey,
				facts: await parts.facts(),
				wall: clock.wall(),
				...(token === undefined ? {} : { token }),
				...(proof === undefined ? {} : { proof }),
			};
			const outcome = await parts.enroll(claim, { seed: identity.current().seed, signers: identity.signers() }, signal);
			if (signal.aborted) return "unreachable";
			if (outcome.ok) {
				identity.joined(outcome.reply);
				parts.dropToken();
				failures = 0;
				logged = "";
				log.info("enrolled", { machineId: outcome.reply.machineId });
				return "joined";
			}
			const { message, next = "", code } = outcome.problem;
			const entry = outcome.wait === "long" ? log.error : log.warn;
			// The first failure is logged, further ones only at debug level: this may go on for days.
			if (logged !== `${code} ${message}`)
				entry(outcome.wait === "long" ? "enrollment refused" : "not enrolled yet", { code, message, next });
			logged = `${code} ${message}`;
			const refused = outcome.wait === "long";
			const rule = code === "boot-waits" ? HELD : refused ? LONG : impatient ? IMPATIENT : SHORT;
			const { afterMs } = outcome;
			// It answers, so this counts as no failure; who runs something already is not to stay away from the bus for long.
			const pause =
				afterMs === undefined
					? backoff(rule, failures++, parts.random())
					: Math.min(afterMs, impatient ? IMPATIENT.maxMs : LATEST_MS) + parts.random() * JITTER_MS;
			await clock.sleep(pause, signal);
			return refused ? "refused" : "unreachable";
		},
	};
}
