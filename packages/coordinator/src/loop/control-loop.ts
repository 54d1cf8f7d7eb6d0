import type { Beat, Event, MachineId } from "@rollcall/protocol";
import type { Asked } from "../domain/change.ts";
import { aheadNow } from "../domain/clocks/log-clock.ts";
import type { Fleet } from "../domain/fleet.ts";
import type { Answer, Input } from "../domain/inputs.ts";
import { LogBeyond, LogGap, LogLost, LogUnavailable, LogWentBack } from "../errors.ts";
import type { Core } from "../ports/core.ts";
import type { Snapshot } from "../ports/fleet-snapshots.ts";
import type { Log } from "../ports/log.ts";
import { type Election, takeTheLead } from "./election.ts";
import { Heard } from "./heard.ts";
import { readEvents } from "./history.ts";
import { InputQueue, problem } from "./input-queue.ts";
import { LeadFaults } from "./lead-faults.ts";
import { Leader } from "./leader.ts";
import { shouldTryToLead } from "./leadership.ts";
import { Ledger } from "./ledger.ts";
import { Listening } from "./listening.ts";
import { LogReader } from "./log-reader.ts";
import { goOnFrom } from "./log-time.ts";
import type { LoopParts } from "./parts.ts";

/** How often a follower looks whether the leader is still there, in milliseconds. */
const LOOK_EVERY_MS = 250;
/** Wait after trouble with the log before the next attempt, in milliseconds. */
const TROUBLE_PAUSE_MS = 500;
/** Between two looks whether a log that needs another version of this program can be read after all, in milliseconds. */
const BEYOND_PAUSE_MS = 10_000;

/**
 * One coordinator's life: it follows the log until it may lead, leads until somebody else does, and begins again.
 * Only this loop appends and only from one place at a time (`Leader`), so what it decides is decided on the whole state.
 */
export class ControlLoop implements Core {
	readonly #parts: LoopParts;
	readonly #ledger = new Ledger();
	readonly #reader: LogReader;
	readonly #heard = new Heard();
	readonly #listening: Listening;
	readonly #queue: InputQueue;
	readonly #faults = new LeadFaults();
	readonly #stopping = new AbortController();
	#log: Log | undefined;
	#leader: Leader | undefined;
	#current = false;
	/** Why this version of the program cannot go on with the log; empty when it can. */
	#beyond = "";
	/** The same, as it was told last. */
	#told = "";
	/** What kept the log from being opened or read, in brackets; empty when it is read. */
	#cause = "";
	/** The clock was set to the log's time since this process began. */
	#tellsTime = false;
	#running: Promise<void> = Promise.resolve();

	constructor(parts: LoopParts) {
		this.#parts = parts;
		this.#queue = new InputQueue(parts.clock);
		this.#reader = new LogReader(parts, this.#ledger);
		this.#listening = new Listening(parts);
	}

	/** Opens the log and begins. Returns as soon as the loop runs; `ready()` tells when it can be used. */
	start(): void {
		this.#listening.restart();
		this.#running = this.#run();
	}

	/** Ends the loop after the turn that is under way, and keeps a snapshot. */
	async stop(): Promise<void> {
		this.#stopping.abort();
		await this.#running;
		this.#queue.refuseAll(problem("not-ready", "the coordinator is stopping", "ask again when it is back"));
		if (this.#current) await this.#saveSnapshot();
		await this.#parts.marks.flush();
	}

	fleet(): Fleet {
		return this.#ledger.fleet;
	}

	submit(input: Input, asked?: Asked, isOver?: () => boolean): Promise<Answer> {
		if (this.#stopping.signal.aborted)
			return Promise.resolve(problem("not-ready", "the coordinator is stopping", "ask again when it is back"));
		if (this.#leader?.leads) {
			this.#parts.failpoint(`received:${input.kind}`);
			if (input.kind === "bye") this.#heard.leave(this.#ledger.fleet, input);
			return this.#queue.submit(input, asked, isOver);
		}
		const { url } = this.leadership();
		const why = this.#beyond || "no coordinator leads at the moment";
		return Promise.resolve(
			url === undefined
				? problem("not-ready", why, "try again in a few seconds")
				: problem("not-leader", "this coordinator follows another one", `ask ${url}`),
		);
	}

	beat(machineId: MachineId, beat: Beat): void {
		const { bootId } = beat;
		const now = this.#parts.clock.monotonic();
		const verdict = this.#heard.beat(this.#ledger.fleet, { machineId, ...beat }, now);
		if (!this.#leader?.leads || verdict === "renewed") return;
		if (verdict === "stray") void this.#queue.submit({ kind: "stray-beat", machineId, bootId });
		else this.#leader.notify(machineId, verdict === "nudge" ? 0 : beat.generation);
	}

	leadership(): ReturnType<Core["leadership"]> {
		if (this.#leader?.leads) return { leads: true, url: this.#parts.url() };
		if (this.#leader) return { leads: false, url: undefined };
		return { leads: false, url: this.#parts.beacon.latest()?.lead.url ?? this.#otherLeader() };
	}

	actsIn(): number | undefined {
		return this.#leader?.mayAct ? this.#leader.term : undefined;
	}

	ready(): ReturnType<Core["ready"]> {
		if (!this.#parts.connected()) return { ready: false, reason: "the bus cannot be reached" };
		if (!this.#log && this.#beyond === "") return { ready: false, reason: `the log is not open yet${this.#cause}` };
		const why = this.#beyond || this.#faults.reason(this.#parts.clock.monotonic());
		if (why !== "") return { ready: false, reason: why };
		if (!this.#current) return { ready: false, reason: `the log is being read${this.#cause}` };
		if (this.#leader && this.#leader.trouble !== "") return { ready: false, reason: this.#leader.trouble };
		if (!this.#leader && this.leadership().url === undefined)
			return { ready: false, reason: "no coordinator leads yet" };
		return { ready: true, reason: this.#leader ? "leads" : "follows", undecided: this.#leader?.undecided || undefined };
	}

	async events(after: number, limit: number): Promise<readonly Event[]> {
		return this.#ledger.recent(after, limit) ?? (this.#log ? readEvents(this.#log, after, limit) : []);
	}

	subscribe(listener: (event: Event) => void): () => void {
		return this.#ledger.subscribe(listener);
	}

	#otherLeader(): string | undefined {
		const leader = this.#ledger.fleet.leader;
		return leader && leader.coordinatorId !== this.#parts.coordinatorId ? leader.url : undefined;
	}

	async #run(): Promise<void> {
		const { signal } = this.#stopping;
		while (!signal.aborted) {
			try {
				this.#log ??= await this.#reader.open();
				await this.#follow(this.#log);
				if (signal.aborted) return;
				await this.#catchUp(this.#log);
				const election = await takeTheLead(this.#log, {
					parts: this.#parts,
					ledger: this.#ledger,
					reader: this.#reader,
				});
				if (election) await this.#lead(this.#log, election);
			} catch (error) {
				this.#current = false;
				if (error instanceof LogBeyond) {
					await this.#wait(error);
					continue;
				}
				if (error instanceof LogLost) this.#log = undefined;
				this.#cause = ` (${error instanceof Error ? error.message : String(error)})`;
				this.#parts.watcher.onTrouble("trouble with the event log; trying again", error);
				if (error instanceof LogWentBack && this.#log) await this.#beginAnew(this.#log);
				await this.#pause(
					isOfTheLog(error) ? TROUBLE_PAUSE_MS : this.#faults.end(error, this.#parts.clock.monotonic()),
				);
			}
		}
	}

	/** Follows no further and leads nobody, until the log can be read. Told once. */
	async #wait(error: LogBeyond): Promise<void> {
		if (this.#told !== error.message) this.#parts.watcher.onTrouble("the event log cannot be gone on with", error);
		this.#told = error.message;
		this.#beyond = error.message;
		await this.#pause(BEYOND_PAUSE_MS);
	}

	async #beginAnew(log: Log): Promise<void> {
		await this.#reader
			.restart(log)
			.catch((error: unknown) =>
				this.#parts.watcher.onTrouble("the event log could not be read from its beginning", error),
			);
	}

	/** Reads what others append, until this coordinator should try to lead. */
	async #follow(log: Log): Promise<void> {
		await this.#catchUp(log);
		const following = new AbortController();
		const stop = (): void => following.abort();
		this.#stopping.signal.addEventListener("abort", stop, { once: true });
		// It may have been told to stop while it caught up.
		if (this.#stopping.signal.aborted) stop();
		let failure: unknown;
		const reading = log
			.follow(this.#ledger.position, (entry) => this.#reader.hear(entry), following.signal)
			.catch((error: unknown) => {
				failure = error;
			});
		const mayTry = (): boolean =>
			shouldTryToLead({
				coordinatorId: this.#parts.coordinatorId,
				fleet: this.#ledger.fleet,
				now: this.#parts.clock.monotonic(),
				since: this.#listening.since(),
				heard: this.#parts.beacon.latest(),
			});
		while (!following.signal.aborted && failure === undefined && !(this.#parts.connected() && mayTry())) {
			await this.#pause(LOOK_EVERY_MS);
			this.#followTime();
		}
		stop();
		this.#stopping.signal.removeEventListener("abort", stop);
		await reading;
		if (failure !== undefined) throw failure;
	}

	async #catchUp(log: Log): Promise<void> {
		await this.#reader.catchUp(log);
		this.#followTime();
		this.#current = true;
		this.#cause = "";
		this.#beyond = "";
		this.#reader.scrub(log, this.#stopping.signal);
	}

	/** While another one leads, the log's time is as that one tells it; of a log that nobody leads it goes on by the date. Where somebody else appended under this leader, it goes on from there. */
	#followTime(): void {
		const { clock, beacon } = this.#parts;
		const { fleet } = this.#ledger;
		const heard = this.#leader ? undefined : beacon.latest();
		if (heard?.lead.at !== undefined) clock.follow(heard.lead.at, heard.heardAt);
		else if (this.#leader) goOnFrom(clock, fleet);
		else if (!this.#tellsTime && fleet.seq > 0) clock.resume(fleet.at, aheadNow(fleet));
		this.#tellsTime = true;
	}

	async #lead(log: Log, election: Election): Promise<void> {
		const leader = new Leader({
			parts: this.#parts,
			log,
			ledger: this.#ledger,
			state: () => this.#state(),
			take: (entry, reached) => this.#reader.take(entry, reached),
			first: this.#reader.first,
			lookForMissing: () => this.#reader.lookForMissing(log, this.#stopping.signal),
			heard: this.#heard,
			queue: this.#queue,
			election,
		});
		this.#leader = leader;
		this.#faults.begin(this.#parts.clock.monotonic());
		this.#parts.watcher.onLeading(true);
		try {
			await leader.run(
				this.#stopping.signal,
				() => this.#catchUp(log),
				() => this.#saveSnapshot(),
			);
		} finally {
			this.#leader = undefined;
			this.#parts.watcher.onLeading(false);
			this.#queue.refuseAll(problem("not-leader", "this coordinator does not lead any more", "ask again"));
		}
	}

	async #saveSnapshot(): Promise<void> {
		this.#parts.failpoint("snapshot:before");
		await this.#parts.snapshots
			.save(this.#state())
			.catch((error: unknown) => this.#parts.watcher.onTrouble("could not keep a snapshot", error));
		this.#parts.failpoint("snapshot:after");
	}

	/** What stands for the log as far as it was read. */
	#state(): Snapshot {
		return { ...this.#reader.place, fleet: this.#ledger.fleet };
	}

	#pause(ms: number): Promise<void> {
		return this.#parts.clock.sleep(ms, this.#stopping.signal);
	}
}

/** True for what the log or the bus does, which ends by itself: it is tried again soon. */
function isOfTheLog(error: unknown): boolean {
	return [LogUnavailable, LogLost, LogWentBack, LogGap].some((kind) => error instanceof kind);
}
