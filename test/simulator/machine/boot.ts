import {
	type Accepted,
	type AgentParts,
	createTargetFiles,
	type EnrollOutcome,
	runAgent,
} from "@rollcall/agent/simulator";
import {
	type BootId,
	type Digest,
	type Generation,
	healthDigest,
	type MachineId,
	type Report,
	type UserPublicKey,
	WRITE_ROOTS,
} from "@rollcall/protocol";
import { must } from "../broken.ts";
import type { Member } from "../etcd/member.ts";
import type { EtcdStart } from "../etcd/start.ts";
import type { Reply, Said } from "../messages.ts";
import { Process } from "../process.ts";
import { KUBELET, KUBELET_READS, MANIFEST, MOUNT } from "../targets.ts";
import type { World } from "../world.ts";
import { AgentProcess } from "./agent-process.ts";
import { AgentRules } from "./agent-rules.ts";
import { EtcdFolder } from "./etcd-folder.ts";
import { simulatedKeyring } from "./keys.ts";
import { Kubelet } from "./kubelet.ts";
import { type OpenLink, wires } from "./link.ts";
import type { Machine } from "./machine.ts";
import { RamDisk } from "./ram-disk.ts";
import { StateFolder } from "./state-folder.ts";
import { Systemd } from "./systemd.ts";

/** An agent changes files first, and restarts their units a moment later. */
const RESTARTED_WITHIN_MS = 5_000;

type Probed = { readonly component: string; readonly kind: string; readonly unit?: string };

const HEALTHY = { healthy: true } as const;

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
	link: OpenLink | undefined;
	/** It is off, or its agent was told to be silent. */
	over = false;
	/** Nobody lets it in any more. */
	hopeless = false;
	/** A component ails. */
	ails = false;
	token: string | undefined;
	readonly state: StateFolder;
	readonly disk: RamDisk;
	/** etcd's data in its RAM. */
	etcd: Member | undefined;
	readonly folder = new EtcdFolder(() => this.etcd);
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
		this.state = new StateFolder(
			(good) => this.#onPromoted(good),
			() => {
				this.#came = 0;
			},
			() => world.schedule.now,
		);
		this.disk = new RamDisk((path) => {
			if (path === MANIFEST) this.#kubelet.wake();
			if (KUBELET_READS.includes(path)) this.#kubeletDueAt = world.schedule.now + RESTARTED_WITHIN_MS;
		});
		const { state, disk } = this;
		this.rules = new AgentRules({ name: machine.box.name, state, disk, now: () => world.schedule.now });
		this.#kubelet = new Kubelet({
			schedule: world.schedule,
			manifest: () => (this.disk.standing(MANIFEST) ? this.disk.read(MANIFEST).toString() : undefined),
			runs: () => !this.over && this.#systemd.isActive(KUBELET) && this.#systemd.isActive(MOUNT),
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
			stopped: (unit) => unit === KUBELET && this.#judged(() => this.rules.onStopped(unit)),
			reboot: () => this.#reboot(),
		});
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
		this.state.full = full;
	}

	/** Somebody takes etcd's memory away, without a word to the agent. */
	emptyEtcd(): void {
		this.#world.etcd.lose(this, "somebody");
		this.#systemd.end(MOUNT);
		this.#kubelet.wake();
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
		const ended = (error?: unknown): void => {
			if (!process.alive) return;
			process.end();
			if (error instanceof TypeError) world.onThrown(error);
			this.#agentEnded();
		};
		// What cannot begin, since nothing can be written, is started again, as systemd does.
		runAgent(this.#parts(agent), agent.stop.signal).then(() => ended(), ended);
	}

	onReply(said: Said, reply: Reply): void {
		if (reply.kind === "target" && said.kind === "hello") this.#came = Math.max(this.#came, reply.target.generation);
	}

	onEnrolled(outcome: EnrollOutcome): void {
		this.hopeless = !outcome.ok && HOPELESS.test(outcome.problem.code);
		if (this.hopeless) this.machine.onHopeless(this);
	}

	/** True when kubelet runs with the files that are there, or they were changed a moment ago. */
	get kubeletIsUpToDate(): boolean {
		return this.#world.schedule.now < this.#kubeletDueAt || this.#systemd.isUpToDate(KUBELET);
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

	#parts(agent: AgentProcess): AgentParts {
		const world = this.#world;
		const { random, schedule } = world;
		const { process } = agent;
		const wall = (): number => world.wallClock();
		const told = (message: string, fields: Record<string, string | number> = {}): void => {
			if (!process.alive) return;
			must(message !== "unexpected", "nothing throws", () => `${this.machine.box.name}: ${fields.reason}`);
			if (message.startsWith("fenced:")) this.over = true;
			world.story.tell(`  ${this.machine.box.name}: ${message} ${JSON.stringify(fields)}`);
		};
		return {
			files: createTargetFiles({ root: "/", writeRoots: WRITE_ROOTS }, agent.gated(this.disk)),
			units: agent.gated(this.#systemd.units((ms) => agent.waits(ms))),
			createProber: () => ({ probe: async (probe) => this.#probe(probe) }),
			lastWords: async () => undefined,
			memory: agent.gated(this.state),
			podKernel: { bring: async () => 0, clear: async () => {} },
			etcdData: agent.gated(this.folder),
			timeFiles: { put: () => false },
			keyring: simulatedKeyring(random, wall),
			sign: (seed) => seed,
			facts: { read: async () => this.machine.facts(this.bootId) },
			...wires(world, this, agent),
			clock: {
				monotonic: () => schedule.now - this.since,
				sinceBoot: () => schedule.now - this.since,
				wall,
				sleep: (ms, signal) => process.sleep(ms, signal),
			},
			log: { debug: () => {}, info: () => {}, warn: told, error: told },
			random: () => random.next(),
			rejoinAfterMs: 20_000,
			writeRoots: WRITE_ROOTS,
			isGoingDown: async () => this.#goingDown,
			createKeys: () => ({ seed: this.publicKey, publicKey: this.publicKey }),
			signers: [],
			trust: { authority: () => undefined, believe: () => {}, fault: () => undefined },
			token: () => this.token,
			dropToken: () => {
				this.token = undefined;
			},
			ready: () => {},
			standIns: false,
		};
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

	async #probe(probe: Probed) {
		const trouble = this.ails ? "it does not answer" : this.#troubleOf(probe);
		if (trouble !== undefined) return { healthy: false, reason: trouble } as const;
		this.rules.onWell(probe.component);
		return HEALTHY;
	}

	#troubleOf({ component, kind, unit = "" }: Probed): string | undefined {
		if (component === "etcd") return this.#world.etcd.isHealthy(this) ? undefined : this.#kubelet.trouble;
		return kind !== "unit" || this.#systemd.isActive(unit) ? undefined : `${unit} does not run`;
	}
}
