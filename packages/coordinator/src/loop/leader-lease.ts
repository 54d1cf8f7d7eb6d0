import type { Event } from "@rollcall/protocol";
import { LogConflict, LogLost, LogWentBack } from "../errors.ts";
import type { Clock } from "../ports/clock.ts";
import type { Entry, Log } from "../ports/log.ts";
import type { Election } from "./election.ts";
import { type Place, whyBack } from "./why-back.ts";

/** A lead that the log has not confirmed for so long counts as none, in milliseconds: then another one may lead. */
export const LEASE_MS = 5_000;
/** Two computers' clocks differ by less than this within a lease, in milliseconds. */
const DRIFT_MS = 250;
/** How often the log is asked when nothing is appended, in milliseconds. */
const ASK_EVERY_MS = 1_000;

interface LeaseParts {
	readonly clock: Pick<Clock, "monotonic">;
	readonly log: Pick<Log, "append" | "state" | "get">;
	/** Which log this coordinator was elected in: in another one the same positions say nothing. */
	readonly origin: string;
	/** Up to where this coordinator knows the log. */
	readonly place: () => Place;
	readonly election: Pick<Election, "sentAt" | "takenAt" | "behind">;
	/** Other coordinators may lead on this bus. */
	readonly shared: boolean;
}

/**
 * The leader's own proof that it still leads: the log took its entry, or ends where it knows it, a short time ago. One that is cut off, or
 * did not run for a while, has none, and does nothing outside until the log has answered. One that was just elected leads, and does nothing
 * outside until whoever led before has no such proof any more, whatever became of him.
 *
 * The log compares positions only. Where it lost its end, and somebody else went on up to the same place, it takes an entry behind his: so an entry is a proof once
 * the one before it was seen to be the one that was known, after it was stored. That is asked beside what is sent to the log next.
 */
export class LeaderLease {
	readonly #parts: LeaseParts;
	readonly #actsFrom: number;
	#confirmedAt: number;
	/** The place behind which something was appended last, until it is seen who stands there, and when that was sent. */
	#unproven: { readonly behind: Place; readonly sentAt: number } | undefined;
	/** The last append was refused, or not answered: somebody else may have appended. */
	#failed = false;

	constructor(parts: LeaseParts) {
		this.#parts = parts;
		const { sentAt, takenAt, behind } = parts.election;
		this.#confirmedAt = sentAt;
		this.#actsFrom = parts.shared ? takenAt + LEASE_MS + DRIFT_MS : takenAt;
		if (parts.shared) this.#unproven = { behind, sentAt };
	}

	/** False when this coordinator may not be the leader any more. */
	holds(): boolean {
		return this.#parts.clock.monotonic() - this.#confirmedAt < LEASE_MS;
	}

	/** True when this coordinator leads, and nobody else can believe that he does. */
	isAlone(): boolean {
		return this.holds() && this.#parts.clock.monotonic() >= this.#actsFrom;
	}

	/** Appends behind what this coordinator knows, which confirms the lead as soon as it is a proof. Throws LogWentBack when what was appended before stands behind another's entry, and what the log throws. */
	async append(events: readonly Event[]): Promise<Entry> {
		const { clock, log, place, shared } = this.#parts;
		const [sentAt, behind] = [clock.monotonic(), place()];
		const proving = this.#prove();
		proving.catch(() => {});
		// What was read since may be another's, behind an entry that nobody else takes for one: nothing more is sent into that.
		if (this.#failed) await proving;
		this.#failed = true;
		const entry = await log.append(events, behind.position, behind.link).catch(async (error: unknown) => {
			await proving;
			throw error;
		});
		await proving;
		this.#failed = false;
		if (shared) this.#unproven = { behind, sentAt };
		else this.#confirm(sentAt);
		return entry;
	}

	/** Asks the log when it is time to. Throws LogLost when it is another log, LogConflict when somebody else has appended, LogWentBack when entries are gone or others are there, and what the log throws. */
	async look(): Promise<void> {
		const { clock, log, place } = this.#parts;
		const asked = clock.monotonic();
		if (asked - this.#confirmedAt < ASK_EVERY_MS) return;
		const { position, link } = place();
		const entry = link === undefined ? undefined : log.get(position);
		const [{ origin, last }, end] = await Promise.all([log.state(), entry, this.#prove()]);
		if (origin !== this.#parts.origin) throw new LogLost();
		if (last > position) throw new LogConflict(`the event log goes on to ${last}, and not by this coordinator`);
		const back = whyBack({ position, link }, last, end);
		if (back !== undefined) throw new LogWentBack(back);
		this.#confirm(asked);
	}

	/** Looks who stands before what was appended last. */
	async #prove(): Promise<void> {
		const unproven = this.#unproven;
		if (!unproven) return;
		const { behind, sentAt } = unproven;
		const there = behind.link === undefined ? undefined : await this.#parts.log.get(behind.position);
		const other = whyBack(behind, behind.position, there);
		if (other !== undefined) throw new LogWentBack(other);
		this.#confirm(sentAt);
		if (this.#unproven === unproven) this.#unproven = undefined;
	}

	#confirm(sentAt: number): void {
		this.#confirmedAt = Math.max(this.#confirmedAt, sentAt);
	}
}
