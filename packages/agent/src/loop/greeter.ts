import type { Hello, HelloReply } from "@rollcall/protocol";
import { backoff } from "../domain/backoff.ts";
import { type Clock, type Link, LinkError, type Log } from "../ports.ts";
import { createBell } from "./bell.ts";

const RETRY = { baseMs: 500, maxMs: 10_000 };
/** Every 30 to 60 s, in case that a notice was lost. */
const REPAIR_MS = 30_000;

/** What a greeter needs. `hello` makes a message with facts read afresh; `replied` takes the answer. */
export interface GreeterParts {
	readonly clock: Clock;
	readonly log: Log;
	readonly random: () => number;
	readonly hello: () => Promise<Hello>;
	/** False: the answer settles nothing, ask again soon. */
	readonly replied: (reply: HelloReply) => boolean;
}

/** Says hello: at once when rung, again soon when there is no answer, and now and then in any case. */
export interface Greeter {
	ring(): void;
	run(link: Link, signal: AbortSignal): Promise<void>;
}

export function createGreeter(parts: GreeterParts): Greeter {
	const bell = createBell(parts.clock);

	async function greet(link: Link): Promise<boolean> {
		try {
			return parts.replied(await link.hello(await parts.hello()));
		} catch (error) {
			if (!(error instanceof LinkError)) throw error;
			parts.log.debug("no answer to hello", { reason: error.message });
			return false;
		}
	}

	return {
		ring: bell.ring,
		async run(link, signal) {
			for (let attempt = -1; !signal.aborted; ) {
				const quiet = REPAIR_MS * (1 + parts.random());
				await bell.wait(attempt < 0 ? quiet : backoff(RETRY, attempt, parts.random()), signal);
				// While there is no connection, the next one rings.
				if (signal.aborted || !link.connected()) continue;
				attempt = (await greet(link)) ? -1 : attempt + 1;
			}
		},
	};
}
