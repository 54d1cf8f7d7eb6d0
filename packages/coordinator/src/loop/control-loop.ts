import type { BootId, Event, EventDraft, MachineId } from "@rollcall/protocol";
import type { Fleet } from "../domain/fleet.ts";
import type { Answer, Input } from "../domain/inputs.ts";
import { record } from "../domain/record.ts";
import { type Core, type Log, LogConflict, LogLost } from "../ports.ts";
import { firstEvents } from "./first-events.ts";
import { Heard } from "./heard.ts";
import { readEvents } from "./history.ts";
import { InputQueue, problem } from "./input-queue.ts";
import { Leader } from "./leader.ts";
import { shouldTryToLead } from "./leadership.ts";
import { Ledger } from "./ledger.ts";
import type { LoopParts } from "./parts.ts";

/** How often a follower looks whether the leader is still there, in milliseconds. */
const LOOK_EVERY_MS = 250;
/** Wait after trouble with the log before the next attempt, in milliseconds. */
const TROUBLE_PAUSE_MS = 500;

/**
 * One coordinator's life: it follows the log until it may lead, leads until somebody else does, and begins again.
 * Only this loop appends and only from one place at a time (`Leader`), so what it decides is decided on the whole state.
 */
export class ControlLoop implements Core {
	readonly #parts: LoopParts;
	readonly #ledger = new Ledger();
	readonly #heard = new Heard();
	readonly #queue = new InputQueue();
	readonly #stopping = new AbortController();
	#log: Log | undefined;
	#origin = "";
	#leader: Leader | undefined;
	#current = false;
	#startedAt = 0;
	#running: Promise<void> = Promise.resolve();

	constructor(parts: LoopParts) {
		this.#parts = parts;
	}

	/** Opens the log and begins. Returns as soon as the loop runs; `ready()` tells when it can be used. */
	start(): void {
		this.#startedAt = this.#parts.clock.monotonic();
		this.#running = this.#run();
	}

	/** Ends the loop after the turn that is under way, and keeps a snapshot. */
	async stop(): Promise<void> {
		this.#stopping.abort();
		await this.#running;
		this.#queue.refuseAll(problem("not-ready", "the coordinator is stopping", "ask again when it is back"));
		if (this.#current) await this.#saveSnapshot();
	}

	fleet(): Fleet {
		return this.#ledger.fleet;
	}

	submit(input: Input): Promise<Answer> {
		if (this.#stopping.signal.aborted)
			return Promise.resolve(problem("not-ready", "the coordinator is stopping", "ask again when it is back"));
		if (this.#leader) {
			this.#parts.failpoint(`received:${input.kind}`);
			return this.#queue.submit(input);
		}
		const { url } = this.leadership();
		return Promise.resolve(
			url === undefined
				? problem("not-ready", "no coordinator leads at the moment", "try again in a few seconds")
				: problem("not-leader", "this coordinator follows another one", `ask ${url}`),
		);
	}

	beat(machineId: MachineId, bootId: BootId, generation: number, healthDigest: string): void {
		const verdict = this.#heard.beat(
			this.#ledger.fleet,
			{ machineId, bootId, generation, health: healthDigest },
			this.#parts.clock.now(),
		);
		if (!this.#leader || verdict === "renewed") return;
		if (verdict === "nudge") this.#parts.bus.notifyTarget(machineId, 0);
		else void this.#queue.submit({ kind: "stray-beat", machineId, bootId });
	}

	leadership(): { leads: boolean; url: string | undefined } {
		if (this.#leader) return { leads: true, url: this.#parts.url() };
		return { leads: false, url: this.#parts.beacon.latest()?.lead.url ?? this.#otherLeader() };
	}

	ready(): { ready: boolean; reason: string } {
		if (!this.#log) return { ready: false, reason: "the log is not open yet" };
		if (!this.#parts.connected()) return { ready: false, reason: "the bus cannot be reached" };
		if (!this.#current) return { ready: false, reason: "the log is being read" };
		if (!this.#leader && this.leadership().url === undefined)
			return { ready: false, reason: "no coordinator leads yet" };
		return { ready: true, reason: this.#leader ? "leads" : "follows" };
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
				this.#log ??= await this.#open();
				await this.#follow(this.#log);
				if (signal.aborted) return;
				const term = await this.#takeTheLead(this.#log);
				if (term !== undefined) await this.#lead(this.#log, term);
			} catch (error) {
				this.#current = false;
				if (error instanceof LogLost) this.#log = undefined;
				this.#parts.watcher.onTrouble("trouble with the event log; trying again", error);
				await this.#pause(TROUBLE_PAUSE_MS);
			}
		}
	}

	/** Opens the log, and begins from the snapshot where it belongs to this log. */
	async #open(): Promise<Log> {
		const log = await this.#parts.openLog();
		const origin = await log.origin();
		if (origin === this.#origin) return log;
		const snapshot = await this.#parts.snapshots.load();
		if (snapshot?.origin === origin) this.#ledger.reset(snapshot.fleet, snapshot.position);
		else this.#ledger.reset();
		this.#origin = origin;
		return log;
	}

	/** Reads what others append, until this coordinator should try to lead. */
	async #follow(log: Log): Promise<void> {
		await this.#catchUp(log);
		const following = new AbortController();
		const stop = (): void => following.abort();
		this.#stopping.signal.addEventListener("abort", stop, { once: true });
		let failure: unknown;
		const reading = log
			.follow(this.#ledger.position, (entry) => this.#ledger.take(entry.events, entry.position), following.signal)
			.catch((error: unknown) => {
				failure = error;
			});
		const view = () => ({
			coordinatorId: this.#parts.coordinatorId,
			fleet: this.#ledger.fleet,
			now: this.#parts.clock.monotonic(),
			since: this.#startedAt,
			heard: this.#parts.beacon.latest(),
		});
		while (
			!following.signal.aborted &&
			failure === undefined &&
			!(this.#parts.connected() && shouldTryToLead(view()))
		) {
			await this.#pause(LOOK_EVERY_MS);
		}
		stop();
		this.#stopping.signal.removeEventListener("abort", stop);
		await reading;
		if (failure !== undefined) throw failure;
	}

	async #catchUp(log: Log): Promise<void> {
		if ((await log.origin()) !== this.#origin)
			throw new LogLost("the event log is another one than before; its store was deleted");
		for await (const entry of log.read(this.#ledger.position)) this.#ledger.take(entry.events, entry.position);
		this.#current = true;
	}

	/** Appends that this coordinator leads. Returns the term, or undefined when somebody else was first. */
	async #takeTheLead(log: Log): Promise<number | undefined> {
		await this.#catchUp(log);
		const { clock, coordinatorId } = this.#parts;
		const at = Math.max(clock.now(), this.#ledger.fleet.at);
		const beginning = this.#ledger.fleet.seq === 0 ? firstEvents(await this.#parts.beginning(), at) : [];
		const { events } = record(
			this.#ledger.fleet,
			[
				...beginning,
				{ type: "leader-elected", coordinatorId, url: this.#parts.url() },
				...(this.#ledger.fleet.trust ? [] : [await this.#firstTrust()]),
			],
			at,
		);
		const term = events.findLast(({ type }) => type === "leader-elected")?.seq;
		this.#parts.failpoint("lead:before");
		try {
			const position = await log.append(events, this.#ledger.position);
			this.#parts.failpoint("lead:after");
			this.#ledger.take(events, position);
			return term;
		} catch (error) {
			if (error instanceof LogConflict) return undefined;
			throw error;
		}
	}

	async #firstTrust(): Promise<EventDraft> {
		return { type: "trust-changed", trust: await this.#parts.trust(), reason: "the fleet's own keys" };
	}

	async #lead(log: Log, term: number): Promise<void> {
		const leader = new Leader({
			parts: this.#parts,
			log,
			ledger: this.#ledger,
			heard: this.#heard,
			queue: this.#queue,
			term,
		});
		this.#leader = leader;
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
			.save({ origin: this.#origin, position: this.#ledger.position, fleet: this.#ledger.fleet })
			.catch((error: unknown) => this.#parts.watcher.onTrouble("could not keep a snapshot", error));
		this.#parts.failpoint("snapshot:after");
	}

	#pause(ms: number): Promise<void> {
		const { signal } = this.#stopping;
		return new Promise((resolve) => {
			if (signal.aborted) return resolve();
			const end = (): void => {
				clearTimeout(timer);
				signal.removeEventListener("abort", end);
				resolve();
			};
			const timer = setTimeout(end, ms);
			signal.addEventListener("abort", end, { once: true });
		});
	}
}
