import type { Report } from "@rollcall/protocol";
import { backoff } from "../domain/backoff.ts";
import { type Clock, type Link, LinkError, type Log } from "../ports.ts";
import { createBell } from "./bell.ts";

const RETRY = { baseMs: 500, maxMs: 10_000 };
const NEVER = 2 ** 31 - 1;

/** What a reporter needs. Nothing is sent before `ready`. `state` gives the newest state; `fenced` is called when the coordinator says so. */
export interface ReporterParts {
	readonly clock: Clock;
	readonly log: Log;
	readonly random: () => number;
	readonly ready: () => Promise<void>;
	readonly state: () => Omit<Report, "sequence">;
	readonly fenced: (reason: string) => void;
}

/** Sends reports until they are acknowledged. Only the newest state matters, so nothing is queued. */
export interface Reporter {
	/** Something changed. */
	ring(): void;
	run(link: Link, signal: AbortSignal): Promise<void>;
}

export function createReporter(parts: ReporterParts): Reporter {
	const { clock } = parts;
	const bell = createBell(clock);
	let last = 0;

	async function send(link: Link): Promise<boolean> {
		// Counts up over restarts of the agent too, because the monotonic clock does.
		last = Math.max(last + 1, Math.floor(clock.monotonic()));
		try {
			const reply = await link.report({ ...parts.state(), sequence: last });
			if (reply.kind === "fenced") parts.fenced(reply.reason);
			if (reply.kind !== "problem") return true;
			if (reply.problem.code === "incarnation-fenced") parts.fenced(reply.problem.message);
			parts.log.debug("report not taken", { problem: reply.problem.message });
			// Sent again only for what may pass; a wrong report does not become right.
			return !["not-leader", "not-ready", "too-many-requests", "internal"].includes(reply.problem.code);
		} catch (error) {
			if (!(error instanceof LinkError)) throw error;
			return false;
		}
	}

	return {
		ring: bell.ring,
		async run(link, signal) {
			await parts.ready();
			for (let attempt = -1; !signal.aborted; ) {
				await bell.wait(attempt < 0 ? NEVER : backoff(RETRY, attempt, parts.random()), signal);
				if (signal.aborted) return;
				attempt = (await send(link)) ? -1 : attempt + 1;
			}
		},
	};
}
