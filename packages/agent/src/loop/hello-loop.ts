import type { Hello, HelloReply } from "@rollcall/protocol";
import { backoff } from "../domain/backoff.ts";
import { LinkError, NotSigned } from "../errors.ts";
import type { Clock, Link, Log } from "../ports.ts";
import { createWakeSignal } from "./wake-signal.ts";

const RETRY = { baseMs: 500, maxMs: 10_000 };
/** Every 30 to 60 s, in case that a notice was lost. */
const REPAIR_MS = 30_000;

/** What the loop needs. `hello` makes a message with facts read afresh; `replied` takes the answer. */
export interface HelloLoopParts {
	readonly clock: Clock;
	readonly log: Log;
	readonly random: () => number;
	readonly hello: () => Promise<Hello>;
	/** False: the answer settles nothing, ask again soon. */
	readonly replied: (reply: HelloReply) => boolean;
}

/** Says hello: at once when woken, again soon when there is no answer, and now and then in any case. */
export interface HelloLoop {
	wake(): void;
	run(link: Link, signal: AbortSignal): Promise<void>;
}

/** A loop that does not run yet. */
export function createHelloLoop(parts: HelloLoopParts): HelloLoop {
	const wakeSignal = createWakeSignal(parts.clock);

	async function ask(link: Link): Promise<boolean> {
		try {
			return parts.replied(await link.hello(await parts.hello()));
		} catch (error) {
			if (!(error instanceof LinkError)) throw error;
			const entry = error instanceof NotSigned ? parts.log.error : parts.log.debug;
			entry("no answer to hello", { reason: error.message });
			return false;
		}
	}

	return {
		wake: wakeSignal.wake,
		async run(link, signal) {
			for (let attempt = -1; !signal.aborted; ) {
				const quiet = REPAIR_MS * (1 + parts.random());
				await wakeSignal.wait(attempt < 0 ? quiet : backoff(RETRY, attempt, parts.random()), signal);
				// While there is no connection, the next one wakes this loop.
				if (signal.aborted || !link.connected()) continue;
				attempt = (await ask(link)) ? -1 : attempt + 1;
			}
		},
	};
}
