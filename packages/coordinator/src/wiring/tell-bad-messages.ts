import type { BadMessage } from "../adapters/nats/responder.ts";
import type { Clock } from "../ports/clock.ts";
import { rateLimit } from "../rate/rate-limit.ts";

/** What is wrong here is told once a minute for each text, since whoever gets no answer asks again. */
const TOLD = { burst: 1, perSecond: 1 / 60 };
const TEXTS = 64;

/**
 * Tells messages that were not taken: what is wrong with them only to who looks for it (debug), since anybody on the bus can write such;
 * what went wrong here to everybody.
 */
export function badMessageTeller(
	log: Record<"debug" | "warn", (details: object, text: string) => void>,
	clock: Pick<Clock, "monotonic">,
): (bad: BadMessage) => void {
	const told = rateLimit(TOLD, clock, TEXTS);
	return ({ verb, reason, machineId, text }) => {
		const level = reason === "internal" && told.take(text) ? "warn" : "debug";
		log[level]({ verb, reason, machineId }, `message not taken: ${text}`);
	};
}
