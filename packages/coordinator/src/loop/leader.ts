import type { Event, MachineId } from "@rollcall/protocol";
import { Attention } from "../domain/attention.ts";
import type { Fleet } from "../domain/fleet.ts";
import type { Answer } from "../domain/inputs.ts";
import type { Observed } from "../domain/observed.ts";
import { LogConflict, LogFull, LogUnavailable } from "../errors.ts";
import type { Snapshot } from "../ports/fleet-snapshots.ts";
import type { Entry, Log, Position } from "../ports/log.ts";
import { Announcer } from "./announcer.ts";
import { type EffectParts, revokeFenced, runEffects } from "./effects.ts";
import type { Election } from "./election.ts";
import { chunkEvents, typesOf } from "./entry-size.ts";
import type { Heard } from "./heard.ts";
import { type InputQueue, problem, type Waiting } from "./input-queue.ts";
import { LEASE_MS, LeaderLease } from "./leader-lease.ts";
import { isDeposed } from "./leadership.ts";
import { LeaseLook } from "./lease-look.ts";
import type { Ledger } from "./ledger.ts";
import { LogRoom } from "./log-room.ts";
import { LogTrouble } from "./log-trouble.ts";
import { Outside } from "./outside.ts";
import { OwnErrors } from "./own-errors.ts";
import type { LoopParts } from "./parts.ts";
import { limitRefusals } from "./refusal-limit.ts";
import { RENDER_PER_TURN, slicesOf } from "./slices.ts";
import { StallWatch } from "./stall-watch.ts";
import { type Turn, takeTurn } from "./turn.ts";

/** Between two looks at a log that cannot be written to, in milliseconds. */
const TROUBLE_MS = 250;
/** The time that agents need to find the bus again after it was away, in milliseconds. Until then their silence does not count. */
const RECONNECT_GRACE_MS = 10_000;
/** Between two turns that only render, in milliseconds: a question needs the event loop several times until it is an input. */
const RENDER_PAUSE_MS = 10;
/** The number of events between two snapshots. */
const SNAPSHOT_EVERY_EVENTS = 20_000;

/** What leading needs. */
export interface LeaderParts {
	readonly parts: LoopParts;
	readonly log: Log;
	readonly ledger: Ledger;
	/** The state, and the place in the log that it stands for. */
	readonly state: () => Snapshot;
	/** Takes in an entry that was appended; with the state behind it, where that is known. */
	readonly take: (entry: Entry, reached?: Fleet) => void;
	/** Where the log began when it was read. */
	readonly first: Position;
	/** Reads the log again beside other work, for entries that are missing. */
	readonly lookForMissing: () => void;
	readonly heard: Heard;
	readonly queue: InputQueue;
	readonly election: Election;
}

/** The coordinator while it leads: takes inputs, decides, appends, answers. One turn at a time. */
export class Leader {
	readonly #context: LeaderParts;
	readonly #keep = limitRefusals();
	readonly #nextSlice: ReturnType<typeof slicesOf>;
	/** The state on which the last decision found nothing more to do. */
	#settled: Fleet | undefined;
	readonly #stalls: StallWatch;
	readonly #leases: LeaseLook;
	readonly #attention = new Attention();
	#lastDecision = 0;
	readonly #announcer: Announcer;
	#reconnects: number;
	/** True after the bus was away: the log may be gone, and without a look only the next append would show it. */
	#logInDoubt = false;
	#snapshotSeq: number;
	readonly #errors: OwnErrors;
	readonly #room: LogRoom;
	readonly #lease: LeaderLease;
	readonly #outside: Outside;
	readonly #effects: EffectParts;
	readonly #trouble: LogTrouble;

	constructor(context: LeaderParts) {
		this.#context = context;
		this.#nextSlice = slicesOf(context.parts.summarize, RENDER_PER_TURN);
		this.#room = new LogRoom({ ...context, mayAct: () => this.mayAct });
		this.#lease = new LeaderLease({
			clock: context.parts.clock,
			log: context.log,
			origin: context.state().origin,
			place: context.state,
			election: context.election,
			shared: context.parts.sharedBus,
		});
		this.#announcer = new Announcer(context.parts, this.term);
		this.#outside = new Outside(() => this.mayAct);
		this.#effects = { ...context.parts, onError: context.parts.watcher.onTrouble };
		this.#errors = new OwnErrors(context.parts.watcher.onTrouble);
		this.#trouble = new LogTrouble(context.parts.clock);
		this.#leases = new LeaseLook(context.parts.clock);
		this.#stalls = new StallWatch(context.parts.clock, context.heard);
		this.#reconnects = context.parts.reconnects();
		this.#snapshotSeq = context.ledger.fleet.seq;
		context.heard.restart(context.parts.clock.monotonic() + RECONNECT_GRACE_MS);
	}

	/** Leads until `signal` is aborted or another coordinator took over. Throws what the log threw and is not a conflict. */
	async run(signal: AbortSignal, catchUp: () => Promise<void>, saveSnapshot: () => Promise<void>): Promise<void> {
		this.#outside.do(() => void revokeFenced(this.#context.ledger.recentEvents(), this.#effects));
		const leave = this.#context.heard.follow(this.#context.ledger, this.#context.parts.clock);
		await this.#stalls.during(this.#turns(signal, catchUp, saveSnapshot)).finally(leave);
	}

	async #turns(signal: AbortSignal, catchUp: () => Promise<void>, saveSnapshot: () => Promise<void>): Promise<void> {
		const { parts, ledger, queue } = this.#context;
		while (!signal.aborted) {
			this.#announcer.look();
			if (isDeposed(this.term, parts.beacon.latest())) return;
			this.#watchTime();
			try {
				if (this.#logInDoubt) {
					await catchUp();
					this.#logInDoubt = false;
					if (ledger.fleet.leader?.seq !== this.term) return;
				}
				await this.#lease.look();
				this.#outside.look();
				await this.#room.look();
				await parts.letIn();
				await this.#turn();
			} catch (error) {
				if (error instanceof LogConflict) {
					await catchUp();
					if (ledger.fleet.leader?.seq !== this.term) return;
				} else if (error instanceof LogUnavailable) {
					if (error instanceof LogFull) this.#room.lacked();
					this.#trouble.see(error);
					parts.watcher.onTrouble("the event log cannot be written to; nothing is decided until it can", error);
					queue.refuseAll(problem("not-ready", "the event log cannot be written to", "try again in a few seconds"));
					await queue.next(TROUBLE_MS);
					await catchUp();
					if (ledger.fleet.leader?.seq !== this.term) return;
				} else throw error;
			}
			if (ledger.fleet.seq - this.#snapshotSeq >= SNAPSHOT_EVERY_EVENTS) {
				this.#snapshotSeq = ledger.fleet.seq;
				await saveSnapshot();
			}
			await queue.next(this.#settled === ledger.fleet ? this.#leases.waitMs() : RENDER_PAUSE_MS);
		}
	}

	/** Why nothing can be recorded now; empty when it can. */
	get trouble(): string {
		if (this.#lease.holds()) return this.#trouble.text();
		return (
			this.#trouble.text() || `the event log has not confirmed for ${LEASE_MS / 1000} s that this coordinator leads`
		);
	}

	/** What is not decided, by an error of ours; empty where all is. */
	get undecided(): string {
		return this.#errors.undecided(this.#context.parts.clock.monotonic());
	}

	/** The number of the event by which this coordinator was elected. */
	get term(): number {
		return this.#context.election.term;
	}

	/** True while the log confirmed a short time ago that this coordinator leads. */
	get leads(): boolean {
		return this.#lease.holds();
	}

	/** True while it leads and nobody else can believe that he does: then it may act outside. */
	get mayAct(): boolean {
		return this.#lease.isAlone();
	}

	/** Has an agent say hello, or report, as soon as this coordinator may act. */
	notify(machineId: MachineId, generation: number): void {
		this.#outside.do(() => this.#context.parts.bus.notifyTarget(machineId, generation));
	}

	/** Time in which nobody could be heard must not count as silence. */
	#watchTime(): void {
		const { parts, heard } = this.#context;
		this.#stalls.look();
		const reconnects = parts.reconnects();
		if (reconnects === this.#reconnects) return;
		this.#reconnects = reconnects;
		this.#logInDoubt = true;
		heard.restart(parts.clock.monotonic() + RECONNECT_GRACE_MS);
	}

	async #turn(): Promise<void> {
		const { parts, ledger, heard, queue } = this.#context;
		// The log was asked since the last look, and this process may have stood still while it waited for the answer.
		this.#stalls.look();
		const started = parts.clock.monotonic();
		const waiting = [...this.#doubts(), ...queue.take()];
		const before = ledger.fleet;
		const observed: Observed = {
			at: parts.clock.now(),
			wall: parts.clock.wall(),
			monotonic: started,
			listeningSince: heard.listeningSince,
			lastHeard: heard.lastHeard,
			clocks: heard.clocks.readings,
		};
		const leasesMove = this.#leases.move(before, observed, parts.connected());
		const secondsPass = parts.connected() && started - this.#lastDecision >= 1_000;
		if (waiting.length === 0 && this.#settled === before && !leasesMove && !secondsPass) return;
		this.#attention.begin(started, leasesMove);
		try {
			const slice = this.#nextSlice();
			const turn = takeTurn({
				fleet: before,
				inputs: waiting.map(({ input }) => heard.inTime(before, input)),
				asked: waiting.map(({ asked }) => asked),
				observed,
				summarize: slice.summarize,
				keep: this.#keep,
				refusal: (...about) => this.#room.refusal(...about),
				decideAnyway: leasesMove || secondsPass || this.#settled !== before,
				attention: this.#attention,
			});
			this.#errors.see(turn, started);
			for (const { input } of waiting) parts.failpoint(`admitted:${input.kind}`);
			await this.#append(turn);
			if (leasesMove || secondsPass || turn.events.length > 0) this.#lastDecision = started;
			this.#settled = slice.isCut() ? undefined : ledger.fleet;
			heard.took(waiting, turn.answers, parts.clock.monotonic());
			this.#answer(waiting, turn.answers);
			if (turn.events.length > 0) {
				if (turn.events.some(({ type }) => type === "machine-removed")) heard.prune(ledger.fleet);
				this.#outside.do(() => void runEffects(before, turn.events, this.#effects));
			}
			if (waiting.length > 0 || turn.events.length > 0)
				parts.watcher.onTurn(parts.clock.monotonic() - started, turn.events);
		} catch (error) {
			const answer =
				error instanceof LogConflict
					? problem("not-leader", "this coordinator does not lead any more", "ask again")
					: problem("not-ready", "the event log cannot be written to", "try again in a few seconds");
			for (const { resolve } of waiting) resolve(answer);
			this.#settled = undefined;
			throw error;
		}
	}

	/** What was found wrong with the log while this coordinator leads comes before anything else. */
	#doubts(): Waiting[] {
		const { flaws, position } = this.#context.ledger;
		if (flaws.length === 0) return [];
		for (const { reason } of flaws)
			this.#effects.onError("the event log is in doubt; machines prove what they hold", new Error(reason));
		return [{ input: { kind: "log-flawed", flaws, checkedTo: position }, resolve: () => {} }];
	}

	/** Records the events of a turn. What was appended is taken in even if a later part fails. */
	async #append({ events, fleet }: Pick<Turn, "events" | "fleet">): Promise<void> {
		const { parts, take } = this.#context;
		const chunks = chunkEvents(events);
		for (const chunk of chunks) {
			for (const type of typesOf(chunk)) parts.failpoint(`append:before:${type}`);
			const entry = await this.#store(chunk);
			for (const type of typesOf(chunk)) parts.failpoint(`append:after:${type}`);
			// Nobody else adds to the state while this one leads, so the last part leads to what the turn came to.
			take(entry, chunk === chunks.at(-1) ? fleet : undefined);
			this.#room.wrote(chunk);
			for (const type of typesOf(chunk)) parts.failpoint(`committed:${type}`);
		}
	}

	async #store(chunk: readonly Event[]): Promise<Entry> {
		const { parts } = this.#context;
		const started = parts.clock.monotonic();
		const took = (): number => parts.clock.monotonic() - started;
		try {
			const entry = await this.#lease.append(chunk);
			parts.watcher.onAppend("stored", took());
			this.#trouble.stored();
			return entry;
		} catch (error) {
			parts.watcher.onAppend(error instanceof LogConflict ? "conflict" : "unavailable", took());
			throw error;
		}
	}

	#answer(waiting: readonly Waiting[], answers: readonly Answer[]): void {
		const { parts } = this.#context;
		waiting.forEach(({ input, resolve }, index) => {
			const answer = answers[index];
			if (!answer) return;
			parts.failpoint(`answer:before:${input.kind}`);
			resolve(answer);
			parts.failpoint(`answer:after:${input.kind}`);
		});
	}
}
