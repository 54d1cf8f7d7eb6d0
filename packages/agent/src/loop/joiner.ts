import type { EnrollRequest, Facts } from "@rollcall/protocol";
import { backoff } from "../domain/backoff.ts";
import type { Accepted, Clock, Enroll, Log } from "../ports.ts";
import type { Passport } from "./passport.ts";

/** Unreachable coordinators are asked again soon; a refusal stands until a person acts, so that is asked again slowly. */
const SHORT = { baseMs: 250, maxMs: 30_000 };
const IMPATIENT = { baseMs: 250, maxMs: 5_000 };
const LONG = { baseMs: 30_000, maxMs: 60_000 };

/** What joining needs. `token` reads the one-time token; `dropToken` removes it once it was used. */
export interface JoinerParts {
	readonly enroll: Enroll;
	readonly clock: Clock;
	readonly log: Log;
	readonly random: () => number;
	readonly facts: () => Promise<Facts>;
	readonly passport: Passport;
	readonly running: () => Accepted | undefined;
	readonly token: () => string | undefined;
	readonly dropToken: () => void;
}

/** Enrolls this incarnation. */
export interface Joiner {
	/** Asks once, and when that fails waits for as long as is polite. `impatient`: at most 5 s for coordinators that do not answer. */
	attempt(signal: AbortSignal, impatient: boolean): Promise<"joined" | "refused" | "unreachable">;
}

export function createJoiner(parts: JoinerParts): Joiner {
	const { clock, log, passport } = parts;
	let failures = 0;
	let said = "";
	return {
		async attempt(signal, impatient) {
			const token = parts.token();
			const proof = parts.running()?.proof;
			const request: EnrollRequest = {
				publicKey: passport.identity().publicKey,
				facts: await parts.facts(),
				...(token === undefined ? {} : { token }),
				...(proof === undefined ? {} : { proof }),
			};
			const outcome = await parts.enroll(request, signal);
			if (signal.aborted) return "unreachable";
			if (outcome.ok) {
				passport.joined(outcome.reply);
				parts.dropToken();
				failures = 0;
				said = "";
				log.info("enrolled", { machineId: outcome.reply.machineId });
				return "joined";
			}
			const { message, next = "", code } = outcome.problem;
			const entry = outcome.wait === "long" ? log.error : log.warn;
			// Once in words, then only while debugging: it may go on for days.
			if (said !== `${code} ${message}`)
				entry(outcome.wait === "long" ? "enrollment refused" : "not enrolled yet", { code, message, next });
			said = `${code} ${message}`;
			const refused = outcome.wait === "long";
			const rule = refused ? LONG : impatient ? IMPATIENT : SHORT;
			await clock.sleep(backoff(rule, failures++, parts.random()), signal);
			return refused ? "refused" : "unreachable";
		},
	};
}
