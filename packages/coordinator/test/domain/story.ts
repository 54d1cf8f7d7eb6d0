import {
	type BootId,
	ClusterDocument,
	canonicalJson,
	type Digest,
	type EtcdMemory,
	type Event,
	type EventDraft,
	type EventOf,
	type EventType,
	type Mac,
	type MachineId,
	NO_ROLE,
	type SignedAssignment,
	sha256Of,
	type TargetContent,
} from "@rollcall/protocol";
import { admit } from "../../src/domain/admit.ts";
import { decide } from "../../src/domain/decide.ts";
import { EMPTY_FLEET, type Fleet, type Machine } from "../../src/domain/fleet.ts";
import type { Answer, Input } from "../../src/domain/inputs.ts";
import { type Observed, type RenderTarget, summaryOf, type TargetSummary } from "../../src/domain/observed.ts";
import { record } from "../../src/domain/record.ts";
import { etcdRole } from "../../src/domain/seats/seats.ts";
import { bootIdOf, factsOf, type Hardware, keyOf } from "./hardware.ts";

export const START = 1_780_000_000_000;

/** A document with these slots, which lets everybody in and takes everybody's word, unless a slot says otherwise. */
export function documentOf(slots: readonly object[], more: object = {}): { document: ClusterDocument; digest: Digest } {
	const document = ClusterDocument.parse({
		apiVersion: "rollcall/v1",
		kind: "Cluster",
		name: "lab",
		kubernetes: { version: "1.36.2" },
		approval: { rules: [{ name: "everybody", selector: {} }] },
		slots: slots.map((slot) => ({ grade: "claimed", ...slot })),
		...more,
	});
	return { document, digest: sha256Of(canonicalJson(document)) };
}

/** A target with one file that says what it is for; a machine of 1 GiB can run nothing. */
export const renderForTests: RenderTarget = (fleet, machine, seat) => {
	if (machine.facts.memory.totalBytes < 2 * 2 ** 30) return { ok: false, reason: "1 GiB is too little", kind: "unfit" };
	const content: TargetContent = {
		cluster: seat.cluster,
		slot: seat.slot,
		role: seat.role,
		nodeName: seat.nodeName,
		files: [
			{
				path: "/etc/role",
				mode: "0644",
				encoding: "utf8",
				content: `${seat.role} ${fleet.cluster?.document.kubernetes.version}`,
			},
			{
				path: "/etc/key",
				mode: "0600",
				sensitive: true,
				encoding: "utf8",
				content: `secret of ${fleet.cluster?.document.kubernetes.version}`,
			},
		],
		units: [{ name: "kubelet.service", restartOn: ["/etc/role"] }],
		probes: [],
		artifacts: [],
		deadlineSeconds: 60,
	};
	return { ok: true, content };
};

/** The code of a refusal, else the kind of the answer. */
export function codeOf(answer: Answer): string {
	return answer.kind === "problem" ? answer.problem.code : answer.kind;
}

/** A fleet to which things happen one after the other, as they do in the coordinator's loop. */
export class Story {
	fleet: Fleet = EMPTY_FLEET;
	at = START;
	events: Event[] = [];
	lastHeard = new Map<MachineId, number>();
	/** Without it nobody is ever silent. */
	silent = new Set<MachineId>();
	summarize: TargetSummary = (...about) => summaryOf(renderForTests(...about));
	/** Agents apply the empty target at once. */
	empties = true;
	#tokens = 0;

	record(drafts: readonly EventDraft[]): void {
		const recorded = record(this.fleet, drafts, this.at);
		this.fleet = recorded.fleet;
		this.events.push(...recorded.events);
	}

	/** Takes in an input and decides until nothing is left to decide. */
	take(input: Input): Answer {
		const verdict = admit(this.fleet, input, this.at);
		for (const event of verdict.events)
			if (event.type === "machine-enrolled") this.lastHeard.set(event.machineId, this.at);
		this.record(verdict.events);
		this.settle();
		return verdict.answer;
	}

	settle(): void {
		for (let round = 0; ; round++) {
			const drafts = decide(this.fleet, this.observed(), this.summarize);
			if (drafts.length === 0 && !this.#empty()) return;
			if (round > 20) throw new Error(`does not settle: ${drafts.map(({ type }) => type).join(", ")}`);
			this.record(drafts);
		}
	}

	/** Agents that got the empty target do what it says. True when there were any. */
	#empty(): boolean {
		if (!this.empties) return false;
		const told = [...this.fleet.machines.values()].filter(
			({ leaving, target }) => leaving && target?.role === NO_ROLE && target.progress === "issued",
		);
		for (const { machineId, bootId, generation } of told)
			this.record([
				{ type: "target-progress", machineId, bootId, generation, progress: { state: "applied" }, sequence: 0 },
			]);
		return told.length > 0;
	}

	/** Lets time go by; everybody but the silent is heard. */
	pass(seconds: number): void {
		const until = this.at + seconds * 1000;
		while (this.at < until) {
			this.at = Math.min(this.at + 1000, until);
			for (const id of this.fleet.machines.keys()) if (!this.silent.has(id)) this.lastHeard.set(id, this.at);
			this.settle();
		}
	}

	observed(): Observed {
		return { at: this.at, listeningSince: START, lastHeard: this.lastHeard };
	}

	declare(slots: readonly object[], more: object = {}): void {
		this.take({ kind: "declare", ...documentOf(slots, more), by: "test" });
	}

	token(more: Partial<Extract<Input, { kind: "create-token" }>> = {}): Digest {
		this.#tokens += 1;
		const hash = sha256Of(`token ${this.#tokens}`);
		this.take({
			kind: "create-token",
			tokenId: `t${this.#tokens}`,
			hash,
			scope: "enroll",
			labels: {},
			by: "test",
			...more,
		});
		return hash;
	}

	/** Enrolls with a new token, or with the one given; null: with none. */
	enroll(
		hardware: Hardware,
		using: {
			token?: Digest | null;
			proof?: SignedAssignment;
			labels?: Record<string, string>;
			observedMac?: string;
			unobserved?: string;
		} = {},
	): Answer {
		const token = using.token === null ? undefined : (using.token ?? this.token({ labels: using.labels ?? {} }));
		return this.take({
			kind: "enroll",
			request: { publicKey: keyOf(hardware), facts: factsOf(hardware), ...(using.proof ? { proof: using.proof } : {}) },
			...(token === undefined ? {} : { tokenHash: token }),
			proofValid: using.proof !== undefined,
			remote: "127.0.0.1",
			...(using.unobserved === undefined ? {} : { unobserved: using.unobserved }),
			...(using.observedMac === undefined ? {} : { observedMac: using.observedMac as Mac }),
		});
	}

	/** Enrolls and gives the id. A boot that waits for the end of the one before asks again, as agents do. */
	join(hardware: Hardware, labels: Record<string, string> = {}): MachineId {
		let answer = this.enroll(hardware, { labels });
		if (answer.kind === "problem" && answer.problem.code === "boot-waits") {
			const machineId = answer.problem.machineId as MachineId;
			this.silent.add(machineId);
			this.pass(12);
			this.silent.delete(machineId);
			answer = this.enroll(hardware, { labels });
		}
		if (answer.kind !== "enrolled") throw new Error(`${hardware.name}: ${JSON.stringify(answer)}`);
		return answer.machineId;
	}

	hello(
		machineId: MachineId,
		hardware: Hardware,
		more: { generation?: number; proof?: SignedAssignment; memory?: EtcdMemory } = {},
	): Answer {
		return this.take({
			kind: "hello",
			machineId,
			hello: {
				bootId: bootIdOf(hardware),
				publicKey: keyOf(hardware),
				facts: factsOf(hardware),
				generation: 0,
				renew: false,
				...more,
			},
			proofValid: more.proof !== undefined,
		});
	}

	/** The agent of a machine reports how far it is with its newest target. */
	report(machineId: MachineId, state: "applying" | "applied", sequence: number, bootId?: BootId): Answer {
		const machine = this.machine(machineId);
		const { cluster } = this.fleet;
		const hasEtcd = cluster !== undefined && machine.seat?.role === etcdRole(cluster.document);
		const report = {
			bootId: bootId ?? machine.bootId,
			sequence,
			generation: machine.generation,
			progress: { state },
			// What answers there keeps its word until it says otherwise.
			health: hasEtcd && state === "applied" ? [{ component: "etcd", healthy: true }] : machine.health,
		};
		return this.take({ kind: "report", machineId, report });
	}

	/** The proof that the coordinator would sign for a machine now. */
	proof(machineId: MachineId): SignedAssignment {
		const { seat, target, bootId, publicKey, labels, podNetworks } = this.machine(machineId);
		if (!seat || !target) throw new Error(`${machineId} has no target`);
		const { cluster, slot, role, nodeName, pinned } = seat;
		const { generation, digest } = target;
		const place = { cluster, slot, seat: seat.seat, role, nodeName, pinned, generation, digest, assignedAt: seat.at };
		const share = podNetworks ? { podNetworks: [...podNetworks.networks] } : {};
		const assignment = { machineId, bootId, publicKey, labels, ...place, ...share };
		return { assignment, signer: "test", signature: "test" };
	}

	machine(machineId: MachineId): Machine {
		const machine = this.fleet.machines.get(machineId);
		if (!machine) throw new Error(`${machineId} is not known`);
		return machine;
	}

	/** Who sits where, by `slot/seat`. */
	seating(): Record<string, MachineId> {
		return Object.fromEntries([...this.fleet.seats.entries()].sort(([a], [b]) => (a < b ? -1 : 1)));
	}

	all<T extends EventType>(type: T): EventOf<T>[] {
		return this.events.filter((event): event is EventOf<T> => event.type === type);
	}
}
