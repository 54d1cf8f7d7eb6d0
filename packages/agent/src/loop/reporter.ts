import type { Report } from "@rollcall/protocol";
import { backoff } from "../domain/backoff.ts";
import { LinkError } from "../errors.ts";
import type { Clock, Link, Log } from "../ports.ts";
import { createWakeSignal } from "./wake-signal.ts";

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
	wake(): void;
	run(link: Link, signal: AbortSignal): Promise<void>;
}

/** A reporter that does not run yet. */
export function createReporter(parts: ReporterParts): Reporter {
	const { clock } = parts;
	const wakeSignal = createWakeSignal(clock);
	let last = 0;

	async function send(link: Link): Promise<boolean> {
		// Counts up over restarts of the agent too, because the time since the boot does.
		last = Math.max(last + 1, Math.floor(clock.sinceBoot()));
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
		wake: wakeSignal.wake,
		async run(link, signal) {
			await parts.ready();
			for (let attempt = -1; !signal.aborted; ) {
				await wakeSignal.wait(attempt < 0 ? NEVER : backoff(RETRY, attempt, parts.random()), signal);
				if (signal.aborted) return;
				attempt = (await send(link)) ? -1 : attempt + 1;
			}
		},
	};
}
