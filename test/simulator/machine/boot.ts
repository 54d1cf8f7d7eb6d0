import { type Accepted, type EnrollOutcome, runAgent } from "@rollcall/agent/simulator";
import {
	type BootId,
	type Digest,
	type Generation,
	healthDigest,
	type MachineId,
	type Report,
	type UserPublicKey,
} from "@rollcall/protocol";
import type { Member } from "../etcd/member.ts";
import type { EtcdStart } from "../etcd/start.ts";
import type { Reply, Said } from "../messages.ts";
import { Process } from "../process.ts";
import { CERTIFICATE_PATH, KUBELET, KUBELET_READS, MANIFEST, MOUNT } from "../targets.ts";
import { isServed } from "../through-rules.ts";
import type { World } from "../world.ts";
import { agentParts } from "./agent-parts.ts";
import { AgentProcess } from "./agent-process.ts";
import { AgentRules } from "./agent-rules.ts";
import { EtcdFolder } from "./etcd-folder.ts";
import { Kubelet } from "./kubelet.ts";
import type { OpenLink } from "./link.ts";
import type { Machine } from "./machine.ts";
import type { Probed } from "./probes.ts";
import { RamDisk } from "./ram-disk.ts";
import { Sleep } from "./sleep.ts";
import { StateFolder } from "./state-folder.ts";
import { Systemd } from "./systemd.ts";

/** An agent changes files first, and restarts their units a moment later. */
const RESTARTED_WITHIN_MS = 5_000;

/** Refusals after which only another boot helps. */
const HOPELESS = /^(?:token-|unauthorized|forbidden|incarnation-fenced)/;

/** One run of a machine's kernel: its RAM, its units, and the shipped agent. Everything of it ends with it. */
export class Boot {
	readonly machine: Machine;
	readonly bootId: BootId;
	readonly publicKey: UserPublicKey;
	/** When it began. */
	readonly since: number;
	/** The generations that were good targets. */
	readonly applied = new Set<Generation>();
	/** Every report that was sent, by its sequence. */
	readonly said = new Map<number, Report>();
	/** The highest generation that came to its agent's process. */
	#came: Generation = 0;
	/** The health that its last beat told. */
	health: Digest = healthDigest([]);
	#link: OpenLink | undefined;
	/** It is off, or its agent was told to be silent. */
	over = false;
	/** Nobody lets it in any more. */
	hopeless = false;
	/** A component ails. */
	ails = false;
	token: string | undefined;
	/** What it says is held back until then. */
	heldUntil = 0;
	/** Since when its agent is there and connected. */
	#linkedSince = 0;
	/** Since when there is room on its disk. */
	#roomSince = 0;
	readonly sleep: Sleep;
	readonly state: StateFolder;
	readonly disk: RamDisk;
	/** etcd's data in its RAM. */
	etcd: Member | undefined;
	readonly folder = new EtcdFolder(
		() => this.etcd,
		() => this.#systemd.isActive(MOUNT),
	);
	readonly rules: AgentRules;
	readonly #kubelet: Kubelet;
	readonly #systemd: Systemd;
	readonly #world: World;
	#agent: AgentProcess | undefined;
	#goingDown = false;
	/** When kubelet has to run with the files that it reads, since one of them was changed. */
	#kubeletDueAt = 0;

	constructor(world: World, machine: Machine, { bootId, publicKey }: { bootId: BootId; publicKey: string }) {
		this.#world = world;
		this.machine = machine;
		this.bootId = bootId;
		this.publicKey = publicKey as UserPublicKey;
		this.since = world.schedule.now;
		this.sleep = new Sleep(world.schedule);
		this.state = new StateFolder(
			(good) => this.#onPromoted(good),
			(next) => this.#judged(() => this.rules.onTaken(next, Math.max(this.#came, this.state.readable))),
			() => {
				this.#came = 0;
			},
			() => world.schedule.now,
		);
		this.disk = new RamDisk((path) => {
			if (path === MANIFEST) this.#kubelet.wake();
			if (path === CERTIFICATE_PATH) this.#judged(() => this.rules.onCertificate());
			if (KUBELET_READS.includes(path)) this.#kubeletDueAt = world.schedule.now + RESTARTED_WITHIN_MS;
		});
		const { state, disk } = this;
		this.rules = new AgentRules({
			name: machine.box.name,
			state,
			disk,
			now: () => world.schedule.now,
			wall: () => world.wallClock(),
			isServed: (ms) => isServed(world, this, ms),
		});
		this.#kubelet = new Kubelet({
			schedule: world.schedule,
			manifest: () => (this.disk.standing(MANIFEST) ? this.disk.read(MANIFEST).toString() : undefined),
			runs: () => !this.over && this.#systemd.isActive(KUBELET) && !this.folder.isBarred,
			start: (text) => world.etcd.start(this, JSON.parse(text) as EtcdStart),
			stop: () => {
				if (this.etcd) this.etcd.runs = false;
			},
		});
		this.#systemd = new Systemd({
			schedule: world.schedule,
			random: world.random,
			disk: this.disk,
			failure: () => world.applyFailure,
			changed: (unit, runs) => this.#onUnit(unit, runs),
			reads: (unit) => (unit === KUBELET ? KUBELET_READS : []),
			stopped: (unit) =>
				this.#judged(() => this.rules.onStopped(unit, { runs: (other) => this.#systemd.isActive(other) })),
			reboot: () => this.#reboot(),
		});
	}

	get link(): OpenLink | undefined {
		return this.#link;
	}

	set link(link: OpenLink | undefined) {
		if (link) this.#linkedSince = this.#world.schedule.now;
		this.#link = link;
	}

	/** Since when it can be reached, and write down what it hears; never, while it cannot. */
	get reachedSince(): number {
		if (!this.#link || this.sleep.left > 0 || this.disk.full) return Number.POSITIVE_INFINITY;
		return Math.max(this.#linkedSince, this.heldUntil, this.sleep.until, this.#roomSince);
	}

	/** Something that it says goes out, late where it is held back. */
	says(send: () => void): void {
		const { schedule } = this.#world;
		if (schedule.now >= this.heldUntil) send();
		else schedule.after(this.heldUntil - schedule.now, send);
	}

	/** As its agent knows it. */
	get machineId(): MachineId | undefined {
		return this.state.identity()?.joined?.machineId;
	}

	get proof() {
		return this.state.good()?.proof;
	}

	get generation(): Generation | undefined {
		return this.state.good()?.target.generation;
	}

	/** The highest generation that its agent knows, or kept since it was reset: of one that it could not keep it has done nothing, and it forgets that with its process. */
	get highest(): Generation {
		return Math.max(this.#came, this.state.highest);
	}

	/** The power is gone. */
	end(): void {
		this.over = true;
		this.#world.etcd.lose(this, "its end");
		this.#agent?.process.end();
		this.link = undefined;
	}

	/** Nothing can be written to its RAM, or can again. */
	fill(full: boolean): void {
		this.disk.full = full;
		this.#roomSince = this.#world.schedule.now;
		this.state.full = full;
	}

	/** Somebody takes etcd's memory away, without a word to the agent. */
	emptyEtcd(): void {
		this.#world.etcd.lose(this, "somebody");
		this.#systemd.end(MOUNT);
		this.#kubelet.onEnded();
	}

	/** The machine is suspended: nothing of it runs, and it cannot be reached. */
	suspend(ms: number): void {
		const { name } = this.machine.box;
		this.sleep.begin(ms);
		this.#agent?.process.pause(ms);
		this.#world.network.cut(name);
		this.#world.schedule.after(ms, () => this.#world.network.heal(name));
	}

	/** The agent's process is killed and started again, or is so before so many more of its operations. */
	restartAgent(operations = 0): void {
		if (!this.#agent) return;
		this.#agent.endsIn = operations;
		if (operations === 0) this.#agent.process.end();
		if (operations === 0) this.#agentEnded();
	}

	startAgent(): void {
		if (this.over || this.#agent?.process.alive) return;
		const world = this.#world;
		const agent = new AgentProcess(new Process(world.schedule), () => this.#agentEnded());
		world.agents.push(agent);
		this.#agent = agent;
		const { process } = agent;
		process.pause(this.sleep.left);
		const ended = (error?: unknown): void => {
			if (!process.alive) return;
			process.end();
			if (error instanceof TypeError) world.onThrown(error);
			this.#agentEnded();
		};
		// What cannot begin, since nothing can be written, is started again, as systemd does.
		runAgent(
			agentParts(world, this, {
				agent,
				units: this.#systemd.units((ms) => agent.waits(ms)),
				troubleOf: (probe) => this.#troubleOf(probe),
				isGoingDown: () => this.#goingDown,
			}),
			agent.stop.signal,
		).then(() => ended(), ended);
	}

	onReply(said: Said, reply: Reply): void {
		if (reply.kind === "target" && said.kind === "hello") this.#came = Math.max(this.#came, reply.target.generation);
	}

	onEnrolled(outcome: EnrollOutcome): void {
		this.hopeless = !outcome.ok && HOPELESS.test(outcome.problem.code);
		if (this.hopeless) this.machine.onHopeless(this);
	}

	/** True when kubelet runs with the files that are there, or they were changed a moment ago, or `ms` before that. */
	kubeletIsUpToDate(ms = 0): boolean {
		return this.#world.schedule.now < this.#kubeletDueAt + ms || this.#systemd.isUpToDate(KUBELET);
	}

	#agentEnded(): void {
		this.link = undefined;
		this.#came = 0;
		this.#world.schedule.after(this.#world.random.int(100, 3_000), () => this.startAgent());
	}

	#reboot(): void {
		this.#goingDown = true;
		this.#agent?.stop.abort();
		this.#world.schedule.after(1_000, () => {
			if (this.machine.boot === this) this.machine.powerOn();
			else this.end();
		});
	}

	#onUnit(unit: string, runs: boolean): void {
		if (unit === KUBELET || (runs && this.etcd?.lost)) this.#kubelet.wake();
		if (unit !== MOUNT || runs) return;
		this.folder.empty();
		this.#judged(() => this.#world.etcd.lose(this, "its agent"));
	}

	#onPromoted(good: Accepted): void {
		this.applied.add(good.target.generation);
		this.#judged(() => this.rules.onPromoted(good));
	}

	/** What must not be is caught by the agent as any other trouble with its machine. */
	#judged(judge: () => void): void {
		try {
			judge();
		} catch (error) {
			this.#world.onThrown(error);
			throw error;
		}
	}

	/** Why a component is not well. */
	#troubleOf({ component, kind, unit = "" }: Probed): string | undefined {
		if (this.ails) return "it does not answer";
		if (component === "etcd") return this.#world.etcd.isHealthy(this) ? undefined : this.#kubelet.trouble;
		return kind !== "unit" || this.#systemd.isActive(unit) ? undefined : `${unit} does not run`;
	}
}
