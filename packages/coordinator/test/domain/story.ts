import {
	type BootId,
	ClusterDocument,
	canonicalJson,
	type Digest,
	type Event,
	type EventDraft,
	type EventOf,
	type EventType,
	type Facts,
	type MachineId,
	type SignedAssignment,
	sha256Of,
	type TargetContent,
	type UserPublicKey,
} from "@rollcall/protocol";
import { admit } from "../../src/domain/admit.ts";
import { decide } from "../../src/domain/decide.ts";
import { EMPTY_FLEET, type Fleet, type Machine } from "../../src/domain/fleet.ts";
import type { Answer, Input } from "../../src/domain/inputs.ts";
import { type Observed, type RenderTarget, summaryOf, type TargetSummary } from "../../src/domain/observed.ts";
import { record } from "../../src/domain/record.ts";

/** What tells a test's machine apart; the rest of its facts is ordinary. */
export interface Hardware {
	readonly name: string;
	readonly uuid?: string;
	readonly serial?: string;
	readonly macs?: readonly string[];
	readonly memoryGiB?: number;
	readonly boot?: number;
	/** True without it. */
	readonly rehearsal?: boolean;
}

export const START = 1_780_000_000_000;

export function bootIdOf({ name, boot = 1 }: Hardware): BootId {
	const hex = sha256Of(`${name} ${boot}`).slice(7, 39);
	return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5") as BootId;
}

export function uuidOf(name: string): string {
	return bootIdOf({ name, boot: -1 });
}

export function macOf(name: string): string {
	return `52:54:00:${sha256Of(name).slice(7, 13).match(/../g)?.join(":")}`;
}

export function keyOf(hardware: Hardware): UserPublicKey {
	const digits = [...sha256Of(`key ${bootIdOf(hardware)}`).slice(7)].map(
		(digit) => "ABCDEFGHIJKLMNOP"[Number.parseInt(digit, 16)],
	);
	return `U${digits.slice(0, 55).join("")}`;
}

export function factsOf(hardware: Hardware): Facts {
	const { name, uuid = uuidOf(name), serial, macs = [macOf(name)], memoryGiB = 4 } = hardware;
	return {
		bootId: bootIdOf(hardware),
		hostname: name,
		smbios: { ...(uuid === "" ? {} : { uuid }), ...(serial === undefined ? {} : { serial }) },
		cpu: { count: 4, model: "test", arch: "x64" },
		memory: { totalBytes: memoryGiB * 2 ** 30, availableBytes: 2 ** 30 },
		nics: macs.map((mac, index) => ({
			name: `eth${index}`,
			mac: mac as Facts["nics"][number]["mac"],
			up: true,
			addresses: ["192.0.2.7/24"],
		})),
		routes: [],
		dns: { servers: [], search: [] },
		os: { id: "debian", version: "12", name: "Debian" },
		kernel: "6.1",
		cgroupVersion: 2,
		tmpfs: [],
		agentVersion: "1",
		rehearsal: hardware.rehearsal ?? true,
	};
}

/** A document with these slots, which lets everybody in. */
export function documentOf(slots: readonly object[], more: object = {}): { document: ClusterDocument; digest: Digest } {
	const document = ClusterDocument.parse({
		apiVersion: "rollcall/v1",
		kind: "Cluster",
		name: "lab",
		kubernetes: { version: "1.36.2" },
		approval: { rules: [{ name: "everybody", selector: {} }] },
		slots,
		...more,
	});
	return { document, digest: sha256Of(canonicalJson(document)) };
}

/** A target with one file that says what it is for; a machine of 1 GiB can run nothing. */
export const renderForTests: RenderTarget = (fleet, machine, seat) => {
	if (machine.facts.memory.totalBytes < 2 * 2 ** 30) return { ok: false, reason: "1 GiB is too little" };
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

/** A fleet to which things happen one after the other, as they do in the coordinator's loop. */
export class Story {
	fleet: Fleet = EMPTY_FLEET;
	at = START;
	events: Event[] = [];
	lastHeard = new Map<MachineId, number>();
	/** Without it nobody is ever silent. */
	silent = new Set<MachineId>();
	summarize: TargetSummary = (...about) => summaryOf(renderForTests(...about));
	#tokens = 0;

	record(drafts: readonly EventDraft[]): void {
		const recorded = record(this.fleet, drafts, this.at);
		this.fleet = recorded.fleet;
		this.events.push(...recorded.events);
	}

	/** Takes in an input and decides until nothing is left to decide. */
	take(input: Input): Answer {
		const verdict = admit(this.fleet, input, this.at);
		this.record(verdict.events);
		this.settle();
		return verdict.answer;
	}

	settle(): void {
		for (let round = 0; ; round++) {
			const drafts = decide(this.fleet, this.observed(), this.summarize);
			if (drafts.length === 0) return;
			if (round > 20) throw new Error(`does not settle: ${drafts.map(({ type }) => type).join(", ")}`);
			this.record(drafts);
		}
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
		using: { token?: Digest | null; proof?: SignedAssignment; labels?: Record<string, string> } = {},
	): Answer {
		const token = using.token === null ? undefined : (using.token ?? this.token({ labels: using.labels ?? {} }));
		return this.take({
			kind: "enroll",
			request: { publicKey: keyOf(hardware), facts: factsOf(hardware), ...(using.proof ? { proof: using.proof } : {}) },
			...(token === undefined ? {} : { tokenHash: token }),
			proofValid: using.proof !== undefined,
			remote: "127.0.0.1",
		});
	}

	/** Enrolls and gives the id. */
	join(hardware: Hardware, labels: Record<string, string> = {}): MachineId {
		const answer = this.enroll(hardware, { labels });
		if (answer.kind !== "enrolled") throw new Error(`${hardware.name}: ${JSON.stringify(answer)}`);
		return answer.machineId;
	}

	hello(
		machineId: MachineId,
		hardware: Hardware,
		more: { generation?: number; proof?: SignedAssignment } = {},
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
		const report = {
			bootId: bootId ?? machine.bootId,
			sequence,
			generation: machine.generation,
			progress: { state },
			health: [],
		};
		return this.take({ kind: "report", machineId, report });
	}

	/** The proof that the coordinator would sign for a machine now. */
	proof(machineId: MachineId): SignedAssignment {
		const { seat, target, bootId, publicKey, labels } = this.machine(machineId);
		if (!seat || !target) throw new Error(`${machineId} has no target`);
		const { cluster, slot, role, nodeName, pinned } = seat;
		const { generation, digest } = target;
		const place = { cluster, slot, seat: seat.seat, role, nodeName, pinned, generation, digest, assignedAt: seat.at };
		return { assignment: { machineId, bootId, publicKey, labels, ...place }, signer: "test", signature: "test" };
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
