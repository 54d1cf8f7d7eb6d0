import type { Input, RememberedTargets } from "@rollcall/coordinator/simulator";
import {
	type Assignment,
	type Beat,
	type BootId,
	type Command,
	canonicalJson,
	type Digest,
	type MachineId,
	type SignedAssignment,
	sha256Of,
} from "@rollcall/protocol";
import type { About } from "./about.ts";
import { BeaconBus } from "./beacon-bus.ts";
import { makeBoxes } from "./box.ts";
import { Checker } from "./checker.ts";
import { ClusterApi } from "./cluster-api.ts";
import { Coordinator } from "./coordinator.ts";
import type { Declared } from "./data-folder.ts";
import { makeDocument } from "./documents.ts";
import { Etcd } from "./etcd/etcd.ts";
import type { LogEntry } from "./etcd/member.ts";
import { SnapshotFolder } from "./etcd/snapshot-folder.ts";
import { votersKnown } from "./etcd-rules.ts";
import { FleetKeys } from "./keyring.ts";
import { LogStore, type StoreCopy } from "./log-store.ts";
import type { AgentProcess } from "./machine/agent-process.ts";
import type { Boot } from "./machine/boot.ts";
import { Machine } from "./machine/machine.ts";
import type { Reply, Said } from "./messages.ts";
import type { Loses, StillAt } from "./moments.ts";
import { Network } from "./network.ts";
import { Random } from "./random.ts";
import { Schedule } from "./schedule.ts";
import { Story } from "./story.ts";
import { simulatedTargets } from "./targets.ts";
import { TwinBus } from "./twin-bus.ts";

/** The true time at which a run begins: some day in 2026. */
const EPOCH = 1_780_000_000_000;

/** After a trouble of the store a leader that waited for it has to find its way back. */
const WELL_AGAIN_MS = 15_000;

/** A disk that takes longer for anything is in trouble, in milliseconds. */
const SLOW_MS = 1_200;

/** From the end of a coordinator to its start. */
const RESTART_MS = 3_000;

export interface WorldOptions {
	readonly seed: number;
	readonly machines: number;
	readonly coordinators: number;
	/** The most that the log may take, in bytes. */
	readonly logBytes: number;
	/** What its story is about: etcd has three members from the beginning then. */
	readonly about?: About;
}

/** Everything there is: boxes, agents, coordinators, the log and the network between them. */
export class World {
	readonly seed: number;
	readonly about: About;
	readonly random: Random;
	readonly schedule = new Schedule();
	readonly story = new Story(this.schedule);
	readonly network: Network;
	readonly beacon: BeaconBus;
	readonly twins: TwinBus;
	readonly store = new LogStore();
	readonly machines: readonly Machine[];
	readonly etcd: Etcd;
	readonly api = new ClusterApi(this);
	readonly snapshots = new SnapshotFolder();
	readonly keys = new FleetKeys(() => this.wallClock());
	coordinators: readonly Coordinator[];
	readonly targets: RememberedTargets;
	readonly checker: Checker;
	readonly adminTokenHash = sha256Of("admin");
	/** The document in the coordinators' configuration. */
	readonly firstDocument: Declared;
	/** When the last trouble of the log's store ended. */
	storeWellSince = 0;
	/** The most that the log may take, on a disk with room. */
	readonly logBytes: number;
	/** The log's disk has no room. What is taken out of the log makes some, for an entry or for none. */
	storeIsFull = false;
	/** Milliseconds that the log's disk takes for anything. */
	storeMs = 0.3;
	/** A copy of the store that somebody made. */
	copied: StoreCopy | undefined;
	/** What is lost next. */
	loses: Loses | undefined;
	/** Chance that the log's answer gets lost. */
	answerLoss = 0;
	/** Milliseconds that a call to etcd takes. */
	etcdMs = 20;
	/** Who does this next stands still for so long right then. */
	stillAt: StillAt = {};
	/** Chance that applying a target fails. */
	applyFailure = 0;
	/** All faults are over. */
	isCalm = false;
	/** What was thrown where nobody waits for it. */
	thrown: unknown;
	/** Every agent that ever ran. */
	readonly agents: AgentProcess[] = [];
	/** The token that was handed out last. */
	copiedToken: string | undefined;
	/** Keys that the bus refuses. */
	readonly revoked = new Set<string>();
	readonly #signed = new Set<string>();
	readonly #proven = new Set<BootId>();

	constructor(options: WorldOptions) {
		this.seed = options.seed;
		this.about = options.about ?? "anything";
		this.targets = simulatedTargets(this.about === "late");
		this.random = new Random(options.seed);
		this.logBytes = options.logBytes;
		this.store.maxBytes = options.logBytes;
		this.network = new Network(this.schedule, this.random, (name) => {
			this.twins.reconnected(name);
			this.machines.find(({ box }) => box.name === name)?.reconnected();
		});
		this.beacon = new BeaconBus(this.network);
		this.twins = new TwinBus(this.network);
		this.etcd = new Etcd(this);
		this.machines = makeBoxes(this.random, options.machines).map((box) => new Machine(this, box));
		this.coordinators = Array.from({ length: options.coordinators }, (_, index) => new Coordinator(this, `c${index}`));
		this.firstDocument = makeDocument(this.random, options.machines, options.about);
		this.checker = new Checker(this);
		if (this.about === "takeover") this.#fillFolders();
		this.coordinators.forEach((coordinator, index) => {
			this.schedule.after(index * 100, () => coordinator.start());
		});
		for (const one of this.machines) this.schedule.after(this.random.int(0, 20_000), () => one.powerOn());
	}

	/** True while the store answers as it should, and for a while after it did not. */
	get storeIsIll(): boolean {
		const { store, answerLoss, storeMs, schedule } = this;
		const ill = answerLoss > 0 || storeMs > 100 || this.storeIsFull || store.bytes >= store.maxBytes;
		return ill || schedule.now - this.storeWellSince < WELL_AGAIN_MS;
	}

	/** True while the log's disk takes its time, for some time already, and nothing else is wrong with it. */
	get storeIsSlow(): boolean {
		const { store, answerLoss, storeMs, schedule } = this;
		const isWell = answerLoss === 0 && !this.storeIsFull && store.bytes < store.maxBytes;
		return isWell && storeMs > 100 && storeMs <= SLOW_MS && schedule.now - this.storeWellSince >= WELL_AGAIN_MS;
	}

	wallClock(): number {
		return EPOCH + this.schedule.now;
	}

	/** A machine's question goes to every coordinator, by chance in any order. */
	ask(machine: Machine, said: Said, respond: (reply: Reply) => void): void {
		for (const coordinator of this.coordinators) {
			this.network.send(machine.box.name, coordinator.name, () =>
				coordinator.receive(said, (reply) =>
					this.network.send(coordinator.name, machine.box.name, () => respond(reply)),
				),
			);
		}
	}

	beat(machine: Machine, { machineId, beat }: { machineId: MachineId; beat: Beat }): void {
		for (const coordinator of this.coordinators)
			this.network.send(machine.box.name, coordinator.name, () => coordinator.beat(machineId, beat));
	}

	notify(from: Coordinator, machineId: MachineId, generation: number): void {
		for (const machine of this.machines)
			this.network.send(from.name, machine.box.name, () => machine.notice(machineId, generation));
	}

	/** What a person asks for comes through the API: with who answers of etcd's members, and a command goes on to its machine. */
	askAsPerson(leader: Coordinator, input: Input): void {
		const answered = this.answering(leader);
		// It is decided on between this and the answer, and a founding may be recorded in between.
		const known = votersKnown(leader.fleet);
		leader.ask({ ...input, answered } as Input, (answer) => {
			if (answer.kind !== "command" || input.kind !== "command") return;
			if (known === votersKnown(leader.fleet)) this.etcd.checkCommand(known, input.machineId, answered);
			const { machineId, bootId, commandId } = answer;
			this.command(leader, machineId, { kind: input.command, bootId, commandId });
		});
	}

	/** Sends a command that was recorded, as the API does. */
	command(from: Coordinator, machineId: MachineId, command: Extract<Command, { commandId: string }>): void {
		const machine = this.machineOf(machineId);
		const failed = (): void =>
			from.ask({ kind: "command-failed", machineId, commandId: command.commandId, reason: "nobody listens" });
		if (!machine || this.random.chance(0.1)) {
			failed();
			return;
		}
		this.network.send(from.name, machine.box.name, () => {
			if (!machine.command(machineId, command)) this.network.send(machine.box.name, from.name, failed);
		});
	}

	/** The bus refuses these keys from now on, and closes their connections. */
	revoke(publicKeys: readonly string[]): void {
		for (const key of publicKeys) {
			this.revoked.add(key);
			for (const boot of this.machines.flatMap((one) => one.boots()))
				if (boot.publicKey === key) this.schedule.after(50, () => boot.link?.close("the bus refuses this identity"));
		}
	}

	/** What a snapshot of etcd holds, as a boot fetches it from a coordinator that has it. */
	snapshotContent(boot: Boot, sha256: string): readonly LogEntry[] | undefined {
		const { name } = boot.machine.box;
		const reached = this.coordinators.some((one) => one.leads && this.network.areJoined(one.name, name));
		return reached ? this.snapshots.content(sha256 as Digest) : undefined;
	}

	/** The machines whose members of etcd answer, as a coordinator's API asks them for the quorum guard; undefined where it knows of nobody to ask. */
	answering({ fleet }: Coordinator): MachineId[] | undefined {
		return fleet?.etcd === undefined ? undefined : this.etcd.answering();
	}

	/** Who begins has manifests; the others have the same, or none. */
	#fillFolders(): void {
		let content = this.api.folder(this.coordinators[0] as Coordinator);
		for (let count = 0; count < 4; count++) content = this.api.edited(content, this.random);
		for (const one of this.coordinators)
			this.api.put(one, one === this.coordinators[0] || this.random.chance(0.5) ? content : []);
	}

	/** Something that must not throw did, outside of the run's own steps. */
	onThrown(error: unknown): void {
		this.thrown ??= error;
	}

	sign(assignment: Assignment): SignedAssignment {
		this.#signed.add(canonicalJson(assignment));
		this.#proven.add(assignment.bootId);
		return { assignment, signer: "model", signature: "model" };
	}

	/** True when this boot was ever given a proof. */
	isProven(bootId: BootId): boolean {
		return this.#proven.has(bootId);
	}

	isSigned(proof: SignedAssignment): boolean {
		return proof.signer === "model" && this.#signed.has(canonicalJson(proof.assignment));
	}

	bootOf(bootId: BootId): Boot | undefined {
		return this.machines.find(({ boot }) => boot?.bootId === bootId)?.boot;
	}

	machineOf(machineId: MachineId): Machine | undefined {
		return this.machines.find(({ boot }) => boot?.machineId === machineId);
	}

	leader(): Coordinator | undefined {
		return this.coordinators.find((coordinator) => coordinator.leads);
	}

	/** Who begins anew reads the whole log, from a snapshot or not. */
	restartCoordinators(): void {
		for (const coordinator of this.coordinators) {
			if (this.random.chance(0.5)) coordinator.crash();
			else void coordinator.stop();
			this.schedule.after(RESTART_MS, () => coordinator.start());
		}
	}

	/** The server of log and bus begins anew: everybody connects again, and agents say how they stand. */
	restartBus(): void {
		for (const { name } of this.coordinators) this.network.reconnect(name);
		for (const machine of this.machines) this.schedule.after(this.random.int(100, 3_000), () => machine.reconnected());
	}
}
