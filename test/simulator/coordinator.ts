import {
	type Answer,
	ControlLoop,
	type Credentials,
	createClock,
	type Fleet,
	type Input,
} from "@rollcall/coordinator/simulator";
import type { Beat, BootId, MachineId } from "@rollcall/protocol";
import { TELLINGS } from "./about.ts";
import { beginAlone } from "./copies.ts";
import { simulatedCredentials } from "./credentials.ts";
import { DataFolder } from "./data-folder.ts";
import { answerSaid } from "./edge.ts";
import { startKeepers } from "./keepers.ts";
import { loopParts } from "./loop-parts.ts";
import type { Reply, Said } from "./messages.ts";
import { Pauses } from "./pauses.ts";
import { Process } from "./process.ts";
import type { World } from "./world.ts";

/** Life of a certificate, in seconds: renewed after a third of it, some times in a run. */
const CERTIFICATE_SECONDS = 240;

/** What one life of a coordinator's process consists of. */
interface Life {
	readonly process: Process;
	readonly core: ControlLoop;
	readonly credentials: Credentials;
	readonly clock: ReturnType<typeof createClock>;
}

/** One coordinator: the shipped loop over a simulated log, disk, bus and clock. Its data folder outlives its process. */
export class Coordinator {
	readonly name: string;
	/** The one in its data folder, which a copy of that has as well. */
	readonly id: string;
	readonly folder = new DataFolder();
	/** Its computer's clock was ever wrong. */
	clockWasSet = false;
	#clockOffset = 0;
	/** Ends the process at the first failpoint that begins so. */
	crashAt: string | undefined;
	/** When it led last. */
	ledUntil = 0;
	/** It is of a later version than the shipped one, from its next start on. */
	isNewer = false;
	/** When its process began. */
	upSince = 0;
	/** When it began to lead. */
	listensSince = 0;
	readonly #world: World;
	#stops = false;
	/** It was to start while it still stopped: it does when it has. */
	#startsAgain = false;
	#life: Life | undefined;
	#answers = false;
	readonly #reports = new Map<BootId, number>();
	readonly #pauses = new Pauses();

	constructor(world: World, name: string, id = name) {
		this.#world = world;
		this.name = name;
		this.id = id;
	}

	/** How far its computer's clock is from the true time, in milliseconds. */
	get clockOffset(): number {
		return this.#clockOffset;
	}

	set clockOffset(ms: number) {
		this.#clockOffset = ms;
		if (ms !== 0) this.clockWasSet = true;
	}

	get up(): boolean {
		return this.#life?.process.alive ?? false;
	}

	/** It leads as far as it knows, and the log confirmed it a short time ago. */
	get leads(): boolean {
		return this.up && (this.#life?.core.leadership().leads ?? false);
	}

	/** It may change something outside of the log, as far as it knows. */
	get acts(): boolean {
		return this.up && this.#life?.core.actsIn() !== undefined;
	}

	/** Whether it can be used, in its words. */
	get ready(): string {
		return this.#life?.core.ready().reason ?? "";
	}

	/** The state that it knows. */
	get fleet(): Fleet | undefined {
		return this.up ? this.#life?.core.fleet() : undefined;
	}

	get pausedUntil(): number {
		return this.#life?.process.pausedUntil ?? 0;
	}

	/** The log's time as it knows it. */
	now(): number {
		return this.#life?.clock.now() ?? 0;
	}

	pause(ms: number): void {
		if (!this.up) return;
		const { now } = this.#world.schedule;
		this.#pauses.add(Math.max(now, this.pausedUntil), Math.max(now + ms, this.pausedUntil));
		this.#life?.process.pause(ms);
	}

	/** For how long it stood still since some time, in milliseconds; a moment is no standing still. */
	stoodStill(since: number, to = this.#world.schedule.now): number {
		return this.#pauses.between(since, to);
	}

	/** The highest number of a report of a boot that it answered since it leads. */
	reported(bootId: BootId): number {
		return this.#reports.get(bootId) ?? -1;
	}

	/** The process ends as by a power cut. */
	crash(): void {
		this.#pauses.end(this.#world.schedule.now);
		if (this.#answers) this.ledUntil = this.#world.schedule.now;
		this.#life?.process.end();
		this.#answers = false;
		this.crashAt = undefined;
	}

	/** Ends it in order: the turn under way ends, and a snapshot is kept. */
	async stop(): Promise<void> {
		const life = this.#life;
		this.#stops = true;
		await life?.core.stop();
		this.#stops = false;
		if (life !== this.#life) return;
		this.crash();
		if (this.#startsAgain) this.start();
	}

	/** Begins a new process on the data folder. */
	start(): void {
		this.#startsAgain = this.#stops;
		// A copy of one that somebody ended does not come back with the power.
		if (this.up || !this.#world.coordinators.includes(this)) return;
		this.upSince = this.#world.schedule.now;
		const process = new Process(this.#world.schedule);
		const { schedule } = this.#world;
		const clock = createClock({
			wall: () => this.#world.wallClock() + this.clockOffset,
			monotonic: () => schedule.now,
			sleep: (ms, signal) => process.sleep(ms, signal),
		});
		const credentials = simulatedCredentials(this.#world);
		const core = new ControlLoop(
			loopParts(this.#world, this, {
				process,
				clock,
				credentials,
				reach: (point) => this.#reach(process, point),
				onLeading: (leads) => this.#onLeading(leads),
			}),
		);
		this.#life = { process, core, credentials, clock };
		core.subscribe((event) => this.up && this.folder.note(event, this.#world.store.origin));
		const begin = (): void => {
			core.start();
			startKeepers(this.#world, { by: this, process, core, clock, folder: this.#world.snapshots });
		};
		if (this.#world.about === "copies") beginAlone(this.#world, { by: this, process, clock }, begin);
		else begin();
	}

	/** What comes from a machine: over HTTP, or over the bus, where only who leads listens. */
	receive(said: Said, respond: (reply: Reply) => void): void {
		const life = this.#life;
		life?.process.run(() => {
			if (said.kind !== "token" && said.kind !== "enroll" && !this.#answers) return;
			const { core, credentials, clock } = life;
			const { targets, random, about } = this.#world;
			void answerSaid(said, {
				core,
				credentials,
				clock,
				targets,
				random,
				certificateSeconds: TELLINGS[about].certificateSeconds ?? CERTIFICATE_SECONDS,
				took: (input, answer) => this.#heard(input, answer),
			}).then((reply) => {
				if (reply && life.process.alive) respond(reply);
			});
		});
	}

	/** What comes from a person. */
	ask(input: Input, respond: (answer: Answer) => void = () => {}): void {
		const life = this.#life;
		life?.process.run(() => {
			life.core
				.submit(input)
				.then((answer) => {
					if (life.process.alive) respond(answer);
				})
				.catch((error: unknown) => this.#world.onThrown(error));
		});
	}

	beat(machineId: MachineId, beat: Beat): void {
		const life = this.#life;
		life?.process.run(() => {
			const { bootId } = beat;
			if (life.core.fleet().machines.get(machineId)?.bootId === bootId)
				this.#world.checker.onHeard(this, { machineId, bootId });
			life.core.beat(machineId, beat);
		});
	}

	#onLeading(leads: boolean): void {
		const { schedule, checker } = this.#world;
		this.#answers = leads;
		if (leads) this.#world.twins.onLead(this.name);
		this.#reports.clear();
		if (leads) this.listensSince = schedule.now;
		else this.ledUntil = schedule.now;
		checker.terms.checkLead(this);
	}

	/** Ends the process at a failpoint. What its code does without waiting still runs, and nothing of it reaches anybody. */
	#reach(process: Process, point: string): void {
		if (process.alive && this.crashAt !== undefined && point.startsWith(this.crashAt)) this.crash();
	}

	/** Who asked and was not refused was heard. */
	#heard(input: Input, answer: Answer): void {
		const { checker } = this.#world;
		if (answer.kind !== "problem") checker.terms.checkLead(this);
		const refused = answer.kind === "fenced" || answer.kind === "problem";
		if (refused || (input.kind !== "hello" && input.kind !== "report")) return;
		const { bootId } = input.kind === "hello" ? input.hello : input.report;
		if (input.kind === "report") this.#reports.set(bootId, Math.max(input.report.sequence, this.reported(bootId)));
		checker.onHeard(this, { machineId: input.machineId, bootId });
	}
}
