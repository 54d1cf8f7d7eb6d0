import type { Event, MachineId, Timestamp } from "@rollcall/protocol";
import type { Fleet } from "../domain/fleet.ts";
import type { Answer, Input } from "../domain/inputs.ts";
import { noRoomFor, type Writer, writerOf } from "../domain/log/log-room.ts";
import type { LogState } from "../ports/log.ts";
import { listBytes } from "./entry-size.ts";

/** What one writer may add to the log: a number of bytes at once, and a number of bytes per minute. */
interface Share {
	readonly atOnce: number;
	readonly perMinute: number;
}

/** One machine that was let in: facts, reports and health of years; and one that was not: some boots. */
const PER_MACHINE: Share = { atOnce: 1024 * 1024, perMinute: 64 * 1024 };
const PER_STRANGER: Share = { atOnce: 256 * 1024, perMinute: 4 * 1024 };
/** All strangers together: some hundred machines that boot for the first time. */
const ALL_STRANGERS: Share = { atOnce: 64 * 1024 * 1024, perMinute: 1024 * 1024 };
/** The most writers that are remembered; a writer that was silent for a while has a whole share again. */
const MAX_WRITERS = 20_000;
/** From this size on, in bytes of JSON, the size of the entry is measured. */
const MEASURE_FROM = 256 * 1024;

/** After this much was written, in percent of the log, its fill level is measured again at once. */
const MEASURE_AGAIN_PERCENT = 3;

/** How large events are as an entry, and how large one may be. In bytes. */
export type Measure = (events: readonly Event[]) => { readonly bytes: number; readonly maxBytes: number };

/**
 * Who may write how much. One machine that says something new all the time must not fill what all need, and what is too large for an
 * entry is refused before anything is decided on it.
 */
export class LogShare {
	readonly #measure: Measure;
	readonly #used = new Map<string, { level: number; at: Timestamp }>();
	#state: Pick<LogState, "bytes" | "maxBytes"> = { bytes: 0 };
	#measured = 0;

	constructor(measure: Measure) {
		this.#measure = measure;
	}

	/** Takes note of how full the log is. */
	see(state: Pick<LogState, "bytes" | "maxBytes">): void {
		this.#state = state;
		this.#measured = this.#percent();
	}

	/** Counts what was appended since. Returns true when it is time to measure again. */
	wrote(events: readonly Event[]): boolean {
		if (this.#state.maxBytes === undefined) return false;
		this.#state = { ...this.#state, bytes: this.#state.bytes + listBytes(events) };
		return this.#percent() - this.#measured >= MEASURE_AGAIN_PERCENT;
	}

	#percent(): number {
		const { bytes, maxBytes } = this.#state;
		return maxBytes === undefined ? 0 : Math.min(100, Math.floor((bytes * 100) / maxBytes));
	}

	/** Why what an input comes to is not recorded; undefined: it may be, and is counted. */
	refusal(fleet: Fleet, input: Input, events: readonly Event[], at: Timestamp): Answer | undefined {
		if (events.length === 0) return undefined;
		const bytes = listBytes(events);
		const large = bytes < MEASURE_FROM ? undefined : this.#tooLarge(events);
		if (large) return large;
		const { writer, machineId } = writerOf(fleet, input);
		const full = noRoomFor(writer, this.#percent());
		if (full) return { kind: "problem", problem: { ...full, ...(machineId ? { machineId } : {}) } };
		return this.#overShare(writer, machineId ?? firstMachine(events), bytes, at);
	}

	#tooLarge(events: readonly Event[]): Answer | undefined {
		for (const event of events) {
			const { bytes, maxBytes } = this.#measure([event]);
			if (bytes <= maxBytes) continue;
			return {
				kind: "problem",
				problem: {
					code: "too-large",
					message: `this takes ${bytes} bytes in the event log, packed; at most ${maxBytes} are taken at once`,
					next: "leave out what the document can do without, or declare machines by rules",
				},
			};
		}
		return undefined;
	}

	#overShare(writer: Writer, machineId: MachineId | undefined, bytes: number, at: Timestamp): Answer | undefined {
		if (machineId === undefined || (writer !== "machine" && writer !== "stranger")) return undefined;
		const own = writer === "machine" ? PER_MACHINE : PER_STRANGER;
		const wants: [string, Share][] = [[`${writer} ${machineId}`, own]];
		if (writer === "stranger") wants.push(["all strangers", ALL_STRANGERS]);
		const over = wants.find(([key, share]) => this.#level(key, share, at) + bytes > share.atOnce);
		if (!over) {
			for (const [key, share] of wants) this.#used.set(key, { level: this.#level(key, share, at) + bytes, at });
			if (this.#used.size > MAX_WRITERS) this.#forget(at);
			return undefined;
		}
		return {
			kind: "problem",
			problem: {
				code: "too-many-requests",
				message: `machine ${machineId} has written its share of the event log (${over[1].atOnce} bytes at once, ${over[1].perMinute} a minute)`,
				next: "it is taken again in some minutes; look why the machine says something new all the time",
				machineId,
			},
		};
	}

	#level(key: string, { perMinute }: Share, at: Timestamp): number {
		const used = this.#used.get(key);
		if (!used) return 0;
		return Math.max(0, used.level - (Math.max(0, at - used.at) * perMinute) / 60_000);
	}

	#forget(at: Timestamp): void {
		for (const [key, { at: last }] of this.#used) if (at - last > 3_600_000) this.#used.delete(key);
		if (this.#used.size > MAX_WRITERS) this.#used.clear();
	}
}

function firstMachine(events: readonly Event[]): MachineId | undefined {
	for (const event of events) if ("machineId" in event && event.machineId !== undefined) return event.machineId;
	return undefined;
}
