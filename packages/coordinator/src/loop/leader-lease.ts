import type { Digest } from "@rollcall/protocol";
import { LogConflict, LogLost, LogWentBack } from "../errors.ts";
import type { Clock } from "../ports/clock.ts";
import type { Log, Position } from "../ports/log.ts";
import type { Election } from "./election.ts";
import { whyBack } from "./why-back.ts";

/** A lead that the log has not confirmed for so long counts as none, in milliseconds: then another one may lead. */
export const LEASE_MS = 5_000;
/** Two computers' clocks differ by less than this within a lease, in milliseconds. */
const DRIFT_MS = 250;
/** How often the log is asked when nothing is appended, in milliseconds. */
const ASK_EVERY_MS = 1_000;

interface LeaseParts {
	readonly clock: Pick<Clock, "monotonic">;
	readonly log: Pick<Log, "state" | "get">;
	/** Which log this coordinator was elected in: in another one the same positions say nothing. */
	readonly origin: string;
	/** Up to where this coordinator knows the log, and the digest of the entry there, where it knows that. */
	readonly place: () => { readonly position: Position; readonly link?: Digest | undefined };
	readonly election: Pick<Election, "sentAt" | "takenAt">;
	/** Other coordinators may lead on this bus. */
	readonly shared: boolean;
}

/**
 * The leader's own proof that it still leads: the log took its entry, or ends where it knows it, a short time ago. One that is cut off, or
 * did not run for a while, has none, and does nothing outside until the log has answered. One that was just elected leads, and does nothing
 * outside until whoever led before has no such proof any more, whatever became of him.
 */
export class LeaderLease {
	readonly #parts: LeaseParts;
	readonly #actsFrom: number;
	#confirmedAt: number;

	constructor(parts: LeaseParts) {
		this.#parts = parts;
		const { sentAt, takenAt } = parts.election;
		this.#confirmedAt = sentAt;
		this.#actsFrom = parts.shared ? takenAt + LEASE_MS + DRIFT_MS : takenAt;
	}

	/** False when this coordinator may not be the leader any more. */
	holds(): boolean {
		return this.#parts.clock.monotonic() - this.#confirmedAt < LEASE_MS;
	}

	/** True when this coordinator leads, and nobody else can believe that he does. */
	isAlone(): boolean {
		return this.holds() && this.#parts.clock.monotonic() >= this.#actsFrom;
	}

	/** The log took an entry that was sent at this time of the monotonic clock. */
	confirm(sentAt: number): void {
		this.#confirmedAt = Math.max(this.#confirmedAt, sentAt);
	}

	/** Asks the log when it is time to. Throws LogLost when it is another log, LogConflict when somebody else has appended, LogWentBack when entries are gone or others are there, and what the log throws. */
	async look(): Promise<void> {
		const { clock, log, place } = this.#parts;
		const asked = clock.monotonic();
		if (asked - this.#confirmedAt < ASK_EVERY_MS) return;
		const { position, link } = place();
		const entry = link === undefined ? undefined : log.get(position);
		const [{ origin, last }, end] = await Promise.all([log.state(), entry]);
		if (origin !== this.#parts.origin) throw new LogLost();
		if (last > position) throw new LogConflict(`the event log goes on to ${last}, and not by this coordinator`);
		const back = whyBack({ position, link }, last, end);
		if (back !== undefined) throw new LogWentBack(back);
		this.confirm(asked);
	}
}
