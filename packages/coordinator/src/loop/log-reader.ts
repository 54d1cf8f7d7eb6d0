import type { Digest } from "@rollcall/protocol";
import type { Fleet } from "../domain/fleet.ts";
import { BEGIN_ANEW, LogBeyond, LogGap, LogLost, LogWentBack } from "../errors.ts";
import type { Snapshot } from "../ports/fleet-snapshots.ts";
import type { Entry, Flaw, Log, LogState, Position } from "../ports/log.ts";
import type { LogMark } from "../ports/log-mark.ts";
import { goneBefore } from "./gone-before.ts";
import type { Ledger } from "./ledger.ts";
import type { LoopParts } from "./parts.ts";
import { UntoldFlaws } from "./untold-flaws.ts";
import { whyBack } from "./why-back.ts";

/** Numbers go on this far above the mark, which may be some events behind, so that no number comes twice. */
const LATER_NUMBERS = 1_000;
/** The entries behind a snapshot are read in pieces of this many, with a pause in milliseconds after each. */
const SCRUB_PIECE = 1_000;
const SCRUB_PAUSE_MS = 20;

/**
 * Reads the log into the ledger, from a snapshot where there is one, and notices when the log is not what it was: it ends before a
 * place that was read, or another entry stands there. What it finds is kept in the ledger until the leader has recorded it.
 */
export class LogReader {
	readonly #parts: LoopParts;
	readonly #ledger: Ledger;
	#origin = "";
	/** The highest number that an event had before the log went back. */
	#numbersTo = 0;
	#first: Position = 1;
	/** Up to here the state came from a snapshot, and the log was not read. */
	#unread: Position = 0;
	/** Digest of the entry that was taken in last, where it is known. */
	#link: Digest | undefined;
	/** Up to where the log was read before it is read anew, until it is read as far again: it may go back meanwhile. */
	#known: LogMark | undefined;

	constructor(parts: LoopParts, ledger: Ledger) {
		this.#parts = parts;
		this.#ledger = ledger;
	}

	/** Numbers of events go on above this one, also of those that are lost. */
	get numbersTo(): number {
		const { seq } = this.#ledger.fleet;
		return this.#numbersTo > seq ? this.#numbersTo + LATER_NUMBERS : seq;
	}

	/** Where the log began when it was read, or gone on with behind a state. */
	get first(): Position {
		return this.#first;
	}

	/** What a snapshot of the state names as the log that it stands for. */
	get place(): { readonly origin: string; readonly position: Position; readonly link?: Digest | undefined } {
		return { origin: this.#origin, position: this.#ledger.position, link: this.#link };
	}

	/** Opens the log. Another one than before is read from its snapshot or its beginning. */
	async open(): Promise<Log> {
		const log = await this.#parts.openLog();
		const { origin } = await log.state();
		if (origin !== this.#origin) await this.#begin(log);
		return log;
	}

	/** Reads up to the end. Throws LogLost for another log, LogWentBack for one that does not have what was read. */
	async catchUp(log: Log): Promise<void> {
		const state = await log.state();
		const { origin, first, last } = state;
		if (origin !== this.#origin) throw new LogLost();
		if (this.#ledger.position < first - 1) await this.#overtake(log, state);
		const { position } = this.#ledger;
		const look = async (end = last): Promise<void> => {
			for (const mark of [this.#place(), this.#known]) {
				const back = mark && (await wentBack(log, end, mark));
				if (back) throw new LogWentBack(back.reason);
			}
		};
		await look();
		for await (const entry of log.read(position)) {
			if (flawIn(entry, "foreign")) await look();
			// What is missing may have been taken out since the log was asked for its state.
			if (flawIn(entry, "gap")) {
				const now = await log.state();
				if (this.#ledger.position < now.first - 1 && (await this.#overtake(log, now))) return await this.catchUp(log);
			}
			// What a kept state stands for nobody has to understand.
			if (entry.beyond !== undefined && (await this.#overtake(log, state))) return await this.catchUp(log);
			this.take(entry);
		}
		if (this.#known) await look((await log.state()).last);
	}

	/**
	 * Takes in an entry that came while another one leads. One that does not name the entry that was read before it may stand behind another one by now.
	 * Throws LogWentBack then, so that the log is read anew: what is foreign in that as well is a flaw of it. Throws LogGap where entries before it are
	 * not there: `catchUp` finds out whether they were taken out behind a state.
	 */
	hear(entry: Entry): void {
		const flaw =
			entry.position > this.#ledger.position && entry.flaws.find(({ kind }) => kind === "foreign" || kind === "gap");
		if (flaw) throw flaw.kind === "gap" ? new LogGap(flaw.reason) : new LogWentBack(flaw.reason);
		this.take(entry);
		for (const event of entry.events)
			if (event.type === "log-compacted" && event.unasked)
				this.#parts.watcher.onTrouble("somebody changes the event log", new Error(takenOutText(event)));
	}

	/** Takes in an entry that was read, or appended with the state that it leads to. Throws LogBeyond, and takes nothing of it, when another version of this program is needed for it. */
	take(entry: Entry, reached?: Fleet): void {
		const { beyond, position: at } = entry;
		if (beyond !== undefined && at > this.#ledger.position)
			throw new LogBeyond(
				`entry ${at} of the event log was written by rollcall ${beyond} and is not understood by this version: start that version here, or where there is none ${BEGIN_ANEW}; nothing is changed meanwhile`,
			);
		if (!this.#ledger.take(entry, reached)) return;
		this.#link = entry.link;
		// The mark stays where it was until the log's going back is recorded.
		if (this.#ledger.flaws.some(({ kind }) => kind === "back")) return;
		const mark = this.#place();
		if (this.#known && mark.position < this.#known.position) return;
		this.#known = undefined;
		this.#parts.marks.save(mark);
	}

	/** Up to where the log was read now. */
	#place(): LogMark {
		return { ...this.place, seq: this.#ledger.fleet.seq };
	}

	/**
	 * Reads what the snapshot stands for, once and beside other work, only to see that all of it is there: the state needs it no more, and
	 * whoever has no snapshot does.
	 */
	scrub(log: Log, signal: AbortSignal): void {
		const to = this.#unread;
		if (to === 0) return;
		this.#unread = 0;
		void this.#readAgain(log, to, signal).catch((error: unknown) => {
			if (!signal.aborted)
				this.#parts.watcher.onTrouble("older entries of the event log could not be read again", error);
		});
	}

	/** Reads all again that was taken in: by the log's own count entries of it are missing, which were there. */
	lookForMissing(log: Log, signal: AbortSignal): void {
		this.#unread = this.#ledger.position;
		this.scrub(log, signal);
	}

	async #readAgain(log: Log, to: Position, signal: AbortSignal): Promise<void> {
		const state = await log.state();
		const found = new UntoldFlaws();
		found.add(await goneBefore(state, this.#parts.states));
		let count = 0;
		for await (const { flaws, events, position, beyond } of log.read(state.first - 1, { aside: true })) {
			if (signal.aborted) return;
			const missing = await stillMissing(log, flaws);
			// What another version wrote is in the state, whoever understands it.
			found.add(missing.filter(({ position: at, kind }) => at <= to && !(beyond && kind === "unreadable")));
			// What was told once is told by an entry behind it; what was damaged since is not, wherever it stands.
			found.hear(events, position);
			count += 1;
			if (count % SCRUB_PIECE === 0) await this.#parts.clock.sleep(SCRUB_PAUSE_MS, signal);
		}
		this.#ledger.doubt(found.list);
	}

	/** Reads all anew after the log went back under us: what is in memory is of a log that is no more. */
	async restart(log: Log): Promise<void> {
		await this.#begin(log, this.#known ?? this.#place());
	}

	/** What comes next is read behind a state, or from the log's beginning. */
	#goOnFrom(state: Snapshot | undefined): void {
		this.#ledger.reset(state?.fleet, state?.position);
		this.#unread = state?.position ?? 0;
		this.#link = state?.link;
	}

	/** The states that reach the log's first entry, in the order in which they are tried: one's own, and those in its store. */
	async *#states({ origin, first }: LogState): AsyncIterable<Snapshot> {
		const own = await this.#parts.snapshots.load();
		if (own?.origin === origin && own.position >= first - 1) yield own;
		if (first === 1) return;
		const { states } = this.#parts;
		let kept = await states.load(origin);
		while (kept) {
			yield kept;
			kept = await states.load(origin, kept.position - 1);
		}
	}

	/** The entries behind the last one that was read were taken out meanwhile, or are not understood: goes on from a state that stands for them. False: there is none. */
	async #overtake(log: Log, state: LogState): Promise<boolean> {
		const { position } = this.#ledger;
		const back = this.#ledger.flaws.filter(({ kind }) => kind === "back");
		for await (const one of this.#states(state)) {
			if (one.position <= position || one.position > state.last) continue;
			if (back.length > 0 && !(await isOf(log, one))) continue;
			this.#goOnFrom(one);
			this.#first = state.first;
			// That it went back is told still, unless that was told in what was taken out.
			this.#ledger.doubt(back.filter((flaw) => flaw.position > (one.fleet.log?.checkedTo ?? 0)));
			return true;
		}
		return false;
	}

	async #begin(log: Log, memory?: LogMark): Promise<void> {
		const state = await log.state();
		const { origin, first, last } = state;
		let back: Flaw | undefined;
		let numbersTo = 0;
		const goesOn = async (mark: LogMark): Promise<boolean> => {
			const flaw = await wentBack(log, last, mark);
			if (flaw) numbersTo = Math.max(numbersTo, mark.seq);
			back ??= flaw;
			return !flaw;
		};
		const mark = memory ?? (await this.#parts.marks.load());
		if (mark?.origin === origin) await goesOn(mark);
		let usable: Snapshot | undefined;
		for await (const one of this.#states(state)) {
			if (!(await goesOn({ ...one, seq: one.fleet.seq })) || (back && !(await isOf(log, one)))) continue;
			usable = one;
			break;
		}
		this.#numbersTo = numbersTo;
		this.#goOnFrom(usable);
		// An empty one says 0.
		this.#first = Math.max(1, first);
		if (back) this.#ledger.doubt([back]);
		const isAhead = mark?.origin === origin && mark.position > this.#ledger.position;
		this.#known = isAhead && !back ? mark : undefined;
		this.#origin = origin;
	}
}

/** The flaws, but for entries that were taken out since the log was asked for its state. */
async function stillMissing(log: Log, flaws: readonly Flaw[]): Promise<readonly Flaw[]> {
	if (!flaws.some(({ kind }) => kind === "gap")) return flaws;
	const { first } = await log.state();
	return flaws.filter(({ kind, position }) => kind !== "gap" || position >= first);
}

function flawIn({ flaws }: Entry, kind: Flaw["kind"]): Flaw | undefined {
	return flaws.find((flaw) => flaw.kind === kind);
}

/** True when the log has the very entry that a state ends with, and so, by its chain, all before it: also of a log that went back. */
async function isOf(log: Log, { position, link }: Snapshot): Promise<boolean> {
	return link !== undefined && (await log.get(position))?.link === link;
}

/** What is wrong when a log does not have what was read of it. */
async function wentBack(log: Log, last: Position, { position, link }: LogMark): Promise<Flaw | undefined> {
	const there = position > last || link === undefined ? undefined : await log.get(position);
	const reason = whyBack({ position, link }, last, there);
	return reason === undefined ? undefined : { kind: "back", position: last, reason };
}

/** What the leader recorded of entries that somebody else took out. */
function takenOutText({ before, entries }: { readonly before: Position; readonly entries: number }): string {
	return `entries ${before - entries} to ${before - 1} of the event log were taken out, and not by a coordinator; whoever leads keeps the state that stands for them`;
}
