import type { TargetSummary } from "@rollcall/coordinator";
import type {
	Assignment,
	BootId,
	ClusterDocument,
	Digest,
	EventOf,
	MachineId,
	SignedAssignment,
} from "@rollcall/protocol";
import { AgentModel } from "./agent.ts";
import { makeBoxes } from "./box.ts";
import { Checker } from "./checker.ts";
import { CoordinatorModel, signatureOf } from "./coordinator.ts";
import { makeDocument, modelSummary } from "./documents.ts";
import { inputOf } from "./inputs.ts";
import { ModelLog } from "./log.ts";
import type { Beat, Reply, Said } from "./messages.ts";
import { Network } from "./network.ts";
import type { Parts } from "./parts.ts";
import { Random } from "./random.ts";
import { Schedule } from "./schedule.ts";

/** The true time at which a run begins: some day in 2026. */
const EPOCH = 1_780_000_000_000;
const TICK_MS = 250;

export interface WorldOptions {
	readonly seed: number;
	readonly machines: number;
	readonly coordinators: number;
	readonly parts: Parts;
}

/** Everything there is: boxes, agents, coordinators, the log and the network between them. */
export class World {
	readonly random: Random;
	readonly schedule = new Schedule();
	readonly network: Network;
	readonly log = new ModelLog();
	readonly parts: Parts;
	readonly agents: readonly AgentModel[];
	readonly coordinators: readonly CoordinatorModel[];
	readonly summarize: TargetSummary = modelSummary();
	readonly checker: Checker;
	/** What is kept outside of the log: that there was one, and the last declared document. */
	hadLog = false;
	declared: { document: ClusterDocument; digest: Digest } | undefined;
	/** Chance that applying a target fails. */
	applyFailure = 0;
	/** The token that was handed out last. */
	copiedToken: Digest | undefined;
	readonly #signed = new Set<string>();
	readonly #proven = new Set<BootId>();

	constructor(options: WorldOptions) {
		this.random = new Random(options.seed);
		this.parts = options.parts;
		this.network = new Network(this.schedule, this.random);
		this.agents = makeBoxes(this.random, options.machines).map((box) => new AgentModel(this, box));
		this.coordinators = Array.from(
			{ length: options.coordinators },
			(_, index) => new CoordinatorModel(this, `c${index}`),
		);
		this.declared = makeDocument(this.random, options.machines);
		this.checker = new Checker(this);
		this.coordinators.forEach((coordinator, index) => {
			const tick = () => {
				coordinator.tick();
				this.schedule.after(TICK_MS, tick);
			};
			this.schedule.after(index * 100, tick);
		});
		for (const agent of this.agents) this.schedule.after(this.random.int(0, 20_000), () => agent.powerOn());
	}

	wallClock(): number {
		return EPOCH + this.schedule.now;
	}

	/** An agent's question goes to every coordinator that believes to lead; the first answer counts. */
	ask(agent: AgentModel, said: Said, respond: (reply: Reply) => void): void {
		for (const coordinator of this.coordinators) {
			this.network.send(agent.box.name, coordinator.name, () => {
				if (!coordinator.leads) return;
				coordinator.receive(inputOf(this, said), (reply) =>
					this.network.send(coordinator.name, agent.box.name, () => respond(reply)),
				);
			});
		}
	}

	beat(agent: AgentModel, beat: Beat): void {
		for (const coordinator of this.coordinators) {
			this.network.send(agent.box.name, coordinator.name, () => {
				if (coordinator.beat(beat)) this.network.send(coordinator.name, agent.box.name, () => agent.notice());
			});
		}
	}

	notify(from: CoordinatorModel, machineId: MachineId): void {
		const agent = this.agentOf(machineId);
		if (agent) this.network.send(from.name, agent.box.name, () => agent.notice());
	}

	command(from: CoordinatorModel, { machineId, command, bootId, commandId }: EventOf<"command-issued">): void {
		const agent = this.agentOf(machineId);
		if (agent && !this.random.chance(0.1)) {
			this.network.send(from.name, agent.box.name, () => agent.command(command, bootId));
			return;
		}
		from.receive({ kind: "command-failed", machineId, commandId, reason: "nobody listens" }, () => {});
	}

	announce(from: CoordinatorModel, term: number): void {
		for (const other of this.coordinators) {
			if (other !== from) this.network.send(from.name, other.name, () => other.announced(term));
		}
	}

	sign(assignment: Assignment): SignedAssignment {
		const signature = signatureOf(assignment);
		this.#signed.add(signature);
		this.#proven.add(assignment.bootId);
		return { assignment, signer: "model", signature: "model" };
	}

	/** True when this boot was ever given a proof. */
	isProven(bootId: BootId): boolean {
		return this.#proven.has(bootId);
	}

	isSigned(proof: SignedAssignment): boolean {
		return proof.signer === "model" && this.#signed.has(signatureOf(proof.assignment));
	}

	agentOf(machineId: MachineId): AgentModel | undefined {
		return this.agents.find(({ boot }) => boot?.machineId === machineId);
	}

	leader(): CoordinatorModel | undefined {
		return this.coordinators.find((coordinator) => coordinator.up && coordinator.leads && coordinator.fleet.seq > 0);
	}

	onAppended(by: CoordinatorModel): void {
		this.checker.onAppended(by);
	}

	onHeard(by: CoordinatorModel, beat: { machineId: MachineId; bootId: BootId }): void {
		this.checker.onHeard(by, beat);
	}
}
