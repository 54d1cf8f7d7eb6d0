import {
	type Answer,
	EMPTY_FLEET,
	type Fleet,
	fleetFromJson,
	fleetToJson,
	type Input,
	type Machine,
} from "@rollcall/coordinator";
import { type Assignment, canonicalJson, type Event, type EventDraft, type Timestamp } from "@rollcall/protocol";
import { must } from "./broken.ts";
import { HeardModel } from "./heard.ts";
import type { Beat, Reply } from "./messages.ts";
import type { World } from "./world.ts";

const RECOVERY_MS = 15_000;
const SILENCE_MS = 2_500;
const MAX_ROUNDS = 32;

interface Waiting {
	readonly input: Input;
	readonly respond: (reply: Reply) => void;
}

/** The model of one coordinator process: the real decisions, around them a loop in virtual time. */
export class CoordinatorModel {
	readonly name: string;
	up = true;
	leads = false;
	/** A process that does not run for a while, and believes afterwards what it believed before. */
	pausedUntil = 0;
	/** How far its clock is from the true time, in milliseconds. */
	clockOffset = 0;
	crashNext: "before-append" | "after-append" | undefined;
	fleet: Fleet = EMPTY_FLEET;
	leadsSince = 0;
	readonly heard = new HeardModel();
	readonly #world: World;
	#position = 0;
	#origin = 1;
	#term = 0;
	#since = 0;
	#beacon: { term: number; at: number } | undefined;
	#queue: Waiting[] = [];
	#settled: Fleet | undefined;
	#decidedAt = 0;
	#snapshot: { origin: number; position: number; text: string } | undefined;

	constructor(world: World, name: string) {
		this.#world = world;
		this.name = name;
	}

	now(): Timestamp {
		return this.#world.wallClock() + this.clockOffset;
	}

	receive(input: Input, respond: (reply: Reply) => void): void {
		if (!this.up) return;
		if (!this.leads) respond({ kind: "problem", code: "not-leader" });
		else if (this.#queue.length >= 5_000) respond({ kind: "problem", code: "too-many-requests" });
		else this.#queue.push({ input, respond });
	}

	/** Renews a lease; true when the agent should say hello. */
	beat(beat: Beat): boolean {
		if (!this.up || !this.leads || this.#world.schedule.now < this.pausedUntil) return false;
		const verdict = this.heard.beat(this.fleet, beat, this.now());
		if (verdict === "stray")
			this.receive({ kind: "stray-beat", machineId: beat.machineId, bootId: beat.bootId }, () => {});
		else this.#world.onHeard(this, beat);
		return verdict === "nudge";
	}

	announced(term: number): void {
		this.#beacon = { term, at: this.#world.schedule.now };
	}

	crash(): void {
		this.up = false;
		this.leads = false;
		this.#queue = [];
	}

	start(): void {
		this.up = true;
		this.#position = 0;
		this.#origin = this.#world.log.origin;
		this.fleet = EMPTY_FLEET;
		if (this.#snapshot?.origin === this.#origin) {
			const kept = fleetFromJson(JSON.parse(this.#snapshot.text));
			must(kept !== undefined, "a snapshot can be read", () => this.name);
			this.fleet = kept;
			this.#position = this.#snapshot.position;
		}
		this.#beacon = undefined;
		this.#since = this.#world.schedule.now;
	}

	keepSnapshot(): void {
		if (this.up)
			this.#snapshot = {
				origin: this.#origin,
				position: this.#position,
				text: JSON.stringify(fleetToJson(this.fleet)),
			};
	}

	/** One wake-up of the loop. */
	tick(): void {
		if (!this.up || this.#world.schedule.now < this.pausedUntil) return;
		if (!this.leads) {
			this.#catchUp();
			const { now } = this.#world.schedule;
			if (this.#beacon && now - this.#beacon.at < SILENCE_MS) return;
			if (this.fleet.leader && this.fleet.leader.coordinatorId !== this.name && now - this.#since < SILENCE_MS) return;
			this.#takeLead();
			return;
		}
		const { now } = this.#world.schedule;
		// Terms of a log that was lost are higher than those of the next one, so only a fresh announcement counts.
		if (this.#beacon && this.#beacon.term > this.#term && now - this.#beacon.at < SILENCE_MS) this.#stepDown();
		else {
			this.#world.announce(this, this.#term);
			this.#turn();
		}
	}

	#takeLead(): void {
		const drafts: EventDraft[] = [];
		const world = this.#world;
		if (this.fleet.seq === 0) {
			const recovering = world.hadLog;
			const recoverUntil = this.now() + (recovering ? RECOVERY_MS : 0);
			drafts.push({ type: "log-started", recovering, recoverUntil });
			if (world.declared) drafts.push({ type: "cluster-declared", ...world.declared, by: "recovery" });
		}
		drafts.push({ type: "leader-elected", coordinatorId: this.name, url: "http://127.0.0.1" });
		const recorded = world.parts.record(this.fleet, drafts, this.now());
		if (!this.#append(recorded.events)) return;
		world.hadLog = true;
		this.leads = true;
		this.#term = this.fleet.leader?.seq ?? 0;
		this.leadsSince = world.schedule.now;
		this.heard.restart(this.now() + 10_000);
		this.#settled = undefined;
	}

	#turn(): void {
		const { parts, summarize } = this.#world;
		if (this.#origin !== this.#world.log.origin && this.#world.random.chance(0.2)) {
			// Who follows a log sees before long that it is gone, also when there is nothing to append.
			this.#stepDown();
			return;
		}
		const waiting = this.#queue;
		this.#queue = [];
		const now = this.now();
		if (waiting.length === 0 && this.#settled === this.fleet && now - this.#decidedAt < 1_000) return;
		this.#decidedAt = now;
		const at = Math.max(now, this.fleet.at);
		const events: Event[] = [];
		let fleet = this.fleet;
		const take = (drafts: readonly EventDraft[]) => {
			const recorded = parts.record(fleet, drafts, at);
			fleet = recorded.fleet;
			events.push(...recorded.events);
		};
		const answers: Answer[] = [];
		for (const { input } of waiting) {
			const verdict = parts.admit(fleet, input, at);
			answers.push(verdict.answer);
			take(verdict.events);
		}
		const observed = { at: now, listeningSince: this.heard.listeningSince, lastHeard: this.heard.lastHeard };
		for (let round = 0; ; round++) {
			const drafts = parts.decide(fleet, observed, summarize);
			if (drafts.length === 0) break;
			must(round < MAX_ROUNDS, "decisions settle", () => drafts.map(({ type }) => type).join(", "));
			take(drafts);
		}
		if (this.crashNext === "before-append") {
			this.crash();
			return;
		}
		if (!this.#append(events)) {
			for (const { respond } of waiting) respond({ kind: "problem", code: "not-leader" });
			return;
		}
		if (this.crashNext === "after-append") {
			this.crash();
			return;
		}
		this.#settled = this.fleet;
		waiting.forEach(({ input, respond }, index) => {
			const answer = answers[index];
			if (answer) respond(this.#replyTo(input, answer));
		});
		for (const event of events) this.#effect(event);
	}

	#effect(event: Event): void {
		const machineId = "machineId" in event ? event.machineId : undefined;
		if (machineId === undefined) return;
		if (event.type === "target-issued" || event.type === "machine-released") this.#world.notify(this, machineId);
		if (event.type === "command-issued") this.#world.command(this, event);
		if (event.type === "machine-enrolled") this.heard.lastHeard.set(machineId, this.now());
		if (event.type === "machine-removed") this.heard.lastHeard.delete(machineId);
	}

	#replyTo(input: Input, answer: Answer): Reply {
		if (input.kind === "create-token" && answer.kind === "ok") return { kind: "token", hash: input.hash };
		if (answer.kind === "problem") return { kind: "problem", code: answer.problem.code };
		if (answer.kind !== "target") return answer.kind === "command" ? { kind: "ok" } : answer;
		const machine = this.fleet.machines.get(answer.machineId);
		const reply = machine && this.#targetOf(machine);
		return reply ?? { kind: "wait" };
	}

	#targetOf(machine: Machine): Reply | undefined {
		const { seat, target, machineId } = machine;
		if (!seat || !target) return undefined;
		const summary = this.#world.summarize(this.fleet, machine, seat);
		if (!summary.ok || summary.digest !== target.digest) return undefined;
		const assignment: Assignment = {
			machineId,
			bootId: machine.bootId,
			publicKey: machine.publicKey,
			labels: machine.labels,
			cluster: seat.cluster,
			slot: seat.slot,
			seat: seat.seat,
			role: seat.role,
			nodeName: seat.nodeName,
			pinned: seat.pinned,
			generation: target.generation,
			digest: target.digest,
			assignedAt: seat.at,
		};
		return {
			kind: "target",
			generation: target.generation,
			digest: target.digest,
			proof: this.#world.sign(assignment),
		};
	}

	#append(events: readonly Event[]): boolean {
		if (events.length === 0) return true;
		const { log, parts } = this.#world;
		const position = this.#origin === log.origin ? log.append(events, this.#position) : undefined;
		if (position === undefined) {
			this.#stepDown();
			return false;
		}
		this.#position = position;
		for (const event of log.entries.at(-1)?.events ?? []) this.fleet = parts.apply(this.fleet, event);
		this.#world.onAppended(this);
		return true;
	}

	#stepDown(): void {
		this.leads = false;
		this.#since = this.#world.schedule.now;
		for (const { respond } of this.#queue) respond({ kind: "problem", code: "not-leader" });
		this.#queue = [];
		this.#catchUp();
	}

	/** Reads what is new; another log is read from its beginning. */
	#catchUp(): void {
		const { log, parts } = this.#world;
		if (log.origin !== this.#origin) {
			this.#origin = log.origin;
			this.#position = 0;
			this.fleet = EMPTY_FLEET;
			this.#beacon = undefined;
		}
		for (const entry of log.entries.slice(this.#position)) {
			for (const event of entry.events) this.fleet = parts.apply(this.fleet, event);
		}
		this.#position = log.position;
	}
}

/** The text by which a signature of the model is known. */
export function signatureOf(assignment: Assignment): string {
	return canonicalJson(assignment);
}
