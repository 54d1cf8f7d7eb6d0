import type { BootId, EventDraft, MachineId } from "@rollcall/protocol";
import { admit } from "../../src/domain/admit.ts";
import type { Fleet, Machine } from "../../src/domain/fleet.ts";
import type { Input } from "../../src/domain/inputs.ts";
import { membersOf } from "../../src/domain/networks/members.ts";
import { record } from "../../src/domain/record.ts";
import { keepEtcdMembers } from "../../src/keepers/etcd-keeper.ts";
import type { EtcdMembers } from "../../src/ports/etcd.ts";
import { documentOf, fleetOf, labFacts } from "../render/fleet-of.ts";
import { provedTarget } from "./proved-target.ts";

const DOCUMENT = `apiVersion: rollcall/v1
kind: Cluster
name: lab
kubernetes: { version: "1.36" }
slots:
  - { name: control, role: control-plane, count: 3 }
`;
const NEW_BOOT = "99999999-0000-4000-8000-000000000000" as BootId;

type Listed = Awaited<ReturnType<EtcdMembers["list"]>>[number];

/** Three members of which the first one's machine booted anew, and an etcd that only keeps a list. */
export class Scene {
	fleet: Fleet;
	readonly listed: Listed[];
	connected = true;
	/** Members of etcd answer. */
	answers = true;
	/** The log's time. */
	now = 1;
	/** What is wrong with the snapshot that is to be restored. */
	missing: string | undefined;
	readonly troubles: string[] = [];
	/** What was done to etcd and to the log, in order. */
	readonly done: string[] = [];
	readonly #own: { readonly id: MachineId; readonly machine: Machine };

	constructor() {
		const { fleet, seated } = fleetOf(
			documentOf(DOCUMENT),
			[0, 1, 2].map((index) => labFacts(index)),
		);
		const members = seated.map(({ machine: { machineId, bootId }, seat: { nodeName } }) => ({
			machineId,
			bootId,
			nodeName,
		}));
		const cluster = [...membersOf(fleet, "control-plane")];
		this.listed = cluster.map(({ nodeName, address }, index) => ({
			id: `${index + 1}`,
			name: nodeName,
			peerUrls: [`https://${address}:2380`],
			learner: false,
		}));
		this.fleet = record(fleet, [{ type: "etcd-founded", members, cluster }], 1).fleet;
		const first = seated[0]?.machine;
		if (!first) throw new Error("no machine");
		this.#own = { id: first.machineId, machine: { ...first, bootId: NEW_BOOT } };
		this.fleet = { ...this.fleet, machines: this.fleet.machines.set(first.machineId, this.#own.machine) };
	}

	record(draft: EventDraft): void {
		this.fleet = record(this.fleet, [draft], 1).fleet;
	}

	/** The log was lost, and is rebuilt until then. */
	recovers(until: number): void {
		this.fleet = { ...this.fleet, recoverUntil: until };
	}

	/** The agent of the first machine says whose memory of etcd it has. */
	holds(memberId: string): void {
		const { id, machine } = this.#own;
		const etcdMemory = { is: { memberId, clusterId: "1", bootId: machine.bootId } };
		this.fleet = { ...this.fleet, machines: this.fleet.machines.set(id, { ...machine, etcdMemory }) };
	}

	/** The log was lost before that, and only the first machine proved itself since: etcd is healthy there. */
	provesAlone(): void {
		const { id, machine } = this.#own;
		const etcdMemory = { is: { memberId: "1", clusterId: "1", bootId: machine.bootId } };
		const health = [{ component: "etcd", healthy: true }];
		const alone = { ...machine, etcdMemory, health, target: provedTarget(machine) };
		this.fleet = { ...this.fleet, etcd: undefined, recoverUntil: 1, machines: this.fleet.machines.set(id, alone) };
	}

	/** So did the second machine, whose etcd is ill, since it was taken out, or well. */
	provesToo(healthy = false): void {
		const [, machine] = [...this.fleet.machines.values()];
		if (!machine) throw new Error("no machine");
		const etcdMemory = { is: { memberId: "2", clusterId: "1", bootId: machine.bootId } };
		const health = [{ component: "etcd", healthy, ...(healthy ? {} : { reason: "it was taken out" }) }];
		const target = { ...provedTarget(machine), progress: healthy ? ("applied" as const) : ("rejected" as const) };
		const ill = { ...machine, etcdMemory, health, target };
		this.fleet = { ...this.fleet, machines: this.fleet.machines.set(machine.machineId, ill) };
	}

	/** A document gave the slot so many seats since. */
	grows(count: number): void {
		const { cluster } = this.fleet;
		if (!cluster) throw new Error("no document");
		const slots = cluster.document.slots.map((slot) => ({ ...slot, count }));
		this.fleet = { ...this.fleet, cluster: { ...cluster, document: { ...cluster.document, slots } } };
	}

	/** The third machine is away, so that nobody is to join. */
	leaves(): void {
		const machine = [...this.fleet.machines.values()][2];
		if (!machine) throw new Error("no machine");
		this.fleet = { ...this.fleet, machines: this.fleet.machines.set(machine.machineId, { ...machine, lease: "lost" }) };
	}

	/** The third machine is back, without memory. */
	returns(): void {
		const machine = [...this.fleet.machines.values()][2];
		if (!machine) throw new Error("no machine");
		this.fleet = {
			...this.fleet,
			machines: this.fleet.machines.set(machine.machineId, { ...machine, lease: "alive" }),
		};
	}

	/** The URL by which the others know a machine's member. */
	urlOf(index: number): string {
		return `https://${membersOf(this.fleet, "control-plane")[index]?.address}:2380`;
	}

	/** A person rejected the second machine, which has its memory of etcd all the same. */
	rejects(): void {
		const [, machine] = [...this.fleet.machines.values()];
		if (!machine) throw new Error("no machine");
		const etcdMemory = { is: { memberId: "2", clusterId: "1", bootId: machine.bootId } };
		const rejected = { ...machine, etcdMemory, approval: "rejected" as const, seat: undefined };
		this.fleet = { ...this.fleet, machines: this.fleet.machines.set(machine.machineId, rejected) };
	}

	/** The log has forgotten that the second machine is a member, whose agent says all the same that it has a member's memory; so does the third one's. */
	forgets(): void {
		const { etcd, machines } = this.fleet;
		if (!etcd) throw new Error("no etcd");
		const [, second, third] = [...machines.values()];
		const members = etcd.members.filter(({ machineId }) => machineId !== second?.machineId);
		this.fleet = { ...this.fleet, etcd: { ...etcd, members } };
		for (const [index, machine] of [second, third].entries()) {
			if (!machine) throw new Error("no machine");
			const etcdMemory = { is: { memberId: `${index + 2}`, clusterId: "1", bootId: machine.bootId } };
			this.fleet = { ...this.fleet, machines: this.fleet.machines.set(machine.machineId, { ...machine, etcdMemory }) };
		}
	}

	/** The first machine goes on as the member that it was; how etcd does there, and on the others. */
	does(ill: string, well: string): void {
		for (const [index, machine] of [...this.fleet.machines.values()].entries()) {
			const member = this.fleet.etcd?.members.find(({ machineId }) => machineId === machine.machineId);
			const boot = { bootId: member?.bootId ?? machine.bootId };
			const etcdMemory = { is: { memberId: `${index + 1}`, clusterId: "1", ...boot } };
			const health = [
				{ component: "etcd", healthy: index === 0 ? ill === "" : well === "", reason: index === 0 ? ill : well },
			];
			const now = { ...machine, ...boot, etcdMemory, health, target: provedTarget({ ...machine, ...boot }) };
			this.fleet = { ...this.fleet, machines: this.fleet.machines.set(machine.machineId, now) };
		}
	}

	/** The target of the first machine failed. */
	fails(): void {
		const { id } = this.#own;
		const machine = this.fleet.machines.get(id);
		if (!machine?.target) throw new Error("no target");
		const failed = { ...machine, target: { ...machine.target, progress: "rejected" as const } };
		this.fleet = { ...this.fleet, machines: this.fleet.machines.set(id, failed) };
	}

	/** No member's memory lies on the first machine. */
	neverBegan(): void {
		const { id } = this.#own;
		const machine = this.fleet.machines.get(id);
		if (!machine) throw new Error("no machine");
		const empty = { ...machine, etcdMemory: undefined };
		this.fleet = { ...this.fleet, machines: this.fleet.machines.set(id, empty) };
	}

	/** The first machine's new boot was added as a learner, as far as the log knows. */
	added(): void {
		const { machineId, bootId, seat } = this.#own.machine;
		const cluster = [...membersOf(this.fleet, "control-plane")];
		this.record({ type: "etcd-member-added", machineId, bootId, nodeName: seat?.nodeName ?? "", cluster });
	}

	/** Lets the keeper look so often. `submit` may refuse. */
	async look(times: number, refuses: (input: Input) => boolean = () => false): Promise<void> {
		const stop = new AbortController();
		let left = times;
		const etcd: EtcdMembers = {
			list: async () => {
				if (!this.answers) throw new Error("no member of etcd answers");
				return [...this.listed];
			},
			remove: async (id) => {
				this.done.push(`remove ${id}`);
				this.listed.splice(
					this.listed.findIndex((one) => one.id === id),
					1,
				);
			},
			addLearner: async (peerUrl) => {
				this.done.push(`add ${peerUrl}`);
				if (this.listed.some(({ learner }) => learner)) throw new Error("too many learner members in cluster");
				this.listed.push({ id: "9", name: "", peerUrls: [peerUrl], learner: true });
			},
			promote: async (id) => {
				this.done.push(`promote ${id}`);
				const at = this.listed.findIndex((one) => one.id === id);
				const [one] = this.listed.slice(at, at + 1);
				if (one) this.listed.splice(at, 1, { ...one, learner: false });
				return true;
			},
		};
		await keepEtcdMembers(
			{
				core: {
					fleet: () => this.fleet,
					actsIn: () => 1,
					ready: () => ({ ready: this.connected, reason: "" }),
					submit: async (input) => {
						if (refuses(input))
							return { kind: "problem", problem: { code: "not-ready", message: "the log cannot be written to" } };
						const { events, answer } = admit(this.fleet, input, 1);
						for (const event of events) {
							this.record(event);
							this.done.push(event.type);
						}
						return answer;
					},
				},
				connect: async () => etcd,
				findSnapshot: async () => this.missing,
				now: () => this.now,
				sleep: async () => {
					left--;
					if (left <= 0) stop.abort();
				},
				onTrouble: (_, error) => this.troubles.push(String(error)),
			},
			stop.signal,
		);
	}
}
