import { type BootId, type EventDraft, type MachineId, sha256Of } from "@rollcall/protocol";
import test from "ava";
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
class Scene {
	fleet: Fleet;
	readonly listed: Listed[];
	connected = true;
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

	/** So did the second machine, whose etcd is ill, since it was taken out. */
	provesToo(): void {
		const [, machine] = [...this.fleet.machines.values()];
		if (!machine) throw new Error("no machine");
		const etcdMemory = { is: { memberId: "2", clusterId: "1", bootId: machine.bootId } };
		const health = [{ component: "etcd", healthy: false, reason: "it was taken out" }];
		const target = { ...provedTarget(machine), progress: "rejected" as const };
		const ill = { ...machine, etcdMemory, health, target };
		this.fleet = { ...this.fleet, machines: this.fleet.machines.set(machine.machineId, ill) };
	}

	/** The third machine is away, so that nobody is to join. */
	leaves(): void {
		const machine = [...this.fleet.machines.values()][2];
		if (!machine) throw new Error("no machine");
		this.fleet = { ...this.fleet, machines: this.fleet.machines.set(machine.machineId, { ...machine, lease: "lost" }) };
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
			list: async () => [...this.listed],
			remove: async (id) => {
				this.done.push(`remove ${id}`);
				this.listed.splice(
					this.listed.findIndex((one) => one.id === id),
					1,
				);
			},
			addLearner: async (peerUrl) => {
				this.done.push(`add ${peerUrl}`);
				this.listed.push({ id: "9", name: "", peerUrls: [peerUrl], learner: true });
			},
			promote: async (id) => {
				this.done.push(`promote ${id}`);
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

test("after a lost log one that proved itself alone is all of etcd only where etcd lists no other voter; the others are named, and waited for", async (t) => {
	const scene = new Scene();
	scene.provesAlone();
	await scene.look(2);
	t.deepEqual(scene.done, []);
	t.regex(
		scene.troubles.join(),
		/etcd has the members node-1, node-2 beside node-0, which have not proved .*; bring them back/,
	);
	scene.listed.splice(1);
	scene.listed.push({ id: "9", name: "", peerUrls: ["https://192.168.1.11:2380"], learner: true });
	await scene.look(1);
	t.deepEqual(scene.done, ["etcd-founded"]);
	t.like(scene.fleet.etcd?.members, [{ nodeName: "node-0", votes: true, cluster: [{ nodeName: "node-0" }] }]);
});

test("after a lost log one that etcd had taken out before proves itself beside its only voter keeps it from nothing", async (t) => {
	const scene = new Scene();
	scene.provesAlone();
	scene.provesToo();
	scene.listed.splice(1, 2, { id: "2", name: "node-1", peerUrls: ["https://192.168.1.11:2380"], learner: true });
	await scene.look(2);
	t.deepEqual(scene.done, [], "it is to learn first");
	scene.listed.splice(1);
	await scene.look(1);
	t.deepEqual(scene.done, ["etcd-founded"]);
	scene.leaves();
	await scene.look(1);
	t.deepEqual(scene.done, ["etcd-founded", "etcd-member-removed"]);
	t.like(
		scene.fleet.etcd?.members.find(({ nodeName }) => nodeName === "node-1"),
		{ removed: "done" },
	);
});

test("a learner that etcd does not list does not count as one that votes", async (t) => {
	const scene = new Scene();
	scene.listed.shift();
	scene.added();
	await scene.look(2);
	t.deepEqual(scene.done, []);
	t.regex(scene.troubles.join(), /does not list the learner https:\/\/192\.168\.1\.10:2380 of machine machine-0/);

	scene.listed.push({ id: "9", name: "node-0", peerUrls: ["https://192.168.1.10:2380"], learner: true });
	await scene.look(1);
	t.deepEqual(scene.done, ["promote 9", "etcd-member-promoted"]);
});

test("nobody is taken out of etcd before it is recorded, and a coordinator that cannot record takes nobody out", async (t) => {
	const scene = new Scene();
	await scene.look(3, () => true);
	t.deepEqual(scene.done, []);
	t.regex(scene.troubles.join(), /the log cannot be written to/);
	scene.connected = false;
	await scene.look(3);
	t.deepEqual(scene.done, [], "the bus is away");
	scene.connected = true;
	await scene.look(2);
	t.deepEqual(scene.done, ["etcd-members-removing", "remove 1", "add https://192.168.1.10:2380", "etcd-member-added"]);
	t.is(scene.fleet.etcd?.removing, undefined);
});

test("who is found dead later is recorded too before it is taken out", async (t) => {
	const scene = new Scene();
	await scene.look(1);
	t.deepEqual(scene.done, ["etcd-members-removing"]);
	scene.listed.push({ id: "8", name: "stranger", peerUrls: ["https://192.168.1.99:2380"], learner: false });
	await scene.look(1);
	t.deepEqual(scene.done, ["etcd-members-removing", "etcd-members-removing"]);
	await scene.look(1);
	t.deepEqual(scene.done.slice(2, 4), ["remove 1", "remove 8"]);
});

test("a snapshot that is not whole is told once, and nobody begins with another one until it is there or somebody says so", async (t) => {
	const scene = new Scene();
	for (const revision of [5, 9]) {
		const sha256 = sha256Of(`snapshot ${revision}`);
		const content = { sha256, sizeBytes: 1 };
		const snapshot = { sha256, sizeBytes: 1, content, revision, takenAt: revision, cluster: "lab", secretsKeys: [] };
		scene.record({ type: "etcd-snapshot-taken", snapshot });
	}
	for (const [index, machine] of [...scene.fleet.machines.values()].entries()) {
		const bootId = `88888888-0000-4000-8000-00000000000${index}` as BootId;
		scene.fleet = { ...scene.fleet, machines: scene.fleet.machines.set(machine.machineId, { ...machine, bootId }) };
	}
	scene.missing = "is damaged: /somewhere";
	await scene.look(4);
	t.deepEqual(scene.done, ["etcd-snapshot-failed"]);
	t.regex(
		scene.fleet.snapshots?.trouble ?? "",
		/\(revision 9\) is damaged: \/somewhere; bring its file back, or choose another/,
	);
	t.is(scene.fleet.snapshots?.restoring, undefined);
	scene.missing = undefined;
	await scene.look(1);
	t.is(scene.fleet.snapshots?.restoring?.snapshot.revision, 9);
});

test("while a lost log is rebuilt, nothing is done to etcd: a member that is missing may prove itself yet", async (t) => {
	const scene = new Scene();
	scene.recovers(15_000);
	await scene.look(3);
	t.deepEqual(scene.done, []);
	scene.now = 15_000;
	await scene.look(1);
	t.deepEqual(scene.done, ["etcd-members-removing"]);
});

test("a member that etcd took out before the log went back is taken for one no more, once etcd itself does not list it, and nobody is taken out for that", async (t) => {
	const scene = new Scene();
	scene.does("it has no leader", "it has no leader");
	const [member] = scene.listed.splice(0, 1);
	await scene.look(2);
	t.deepEqual(scene.done, [], "nobody is well whom that could be believed");
	scene.does("it has no leader", "");
	if (member) scene.listed.push(member);
	await scene.look(2);
	t.deepEqual(scene.done, [], "it is listed, so it is a member that is ill");
	scene.listed.splice(0, scene.listed.length, { id: "1", name: "node-9", peerUrls: [], learner: false });
	await scene.look(2);
	t.deepEqual(scene.done, [], "its memory is that of a member, whatever its name");
	scene.listed.splice(0);
	await scene.look(1);
	t.deepEqual(scene.done, ["etcd-member-removed"]);
	t.deepEqual(scene.troubles, []);
	t.like(
		scene.fleet.etcd?.members.find(({ nodeName }) => nodeName === "node-0"),
		{ removed: "done" },
	);
});

test("a learner begins with those that etcd lists, also where the log takes one for a member that etcd took out", async (t) => {
	const scene = new Scene();
	scene.listed.splice(1, 1);
	await scene.look(2);
	t.deepEqual(scene.done, ["etcd-members-removing", "remove 1", "add https://192.168.1.10:2380", "etcd-member-added"]);
	const learner = scene.fleet.etcd?.members.find(({ votes }) => !votes);
	t.deepEqual(
		learner?.cluster.map(({ nodeName }) => nodeName),
		["node-0", "node-2"],
	);
});

test("a member that etcd took out is taken for one no more, also where its target failed for that", async (t) => {
	const scene = new Scene();
	scene.does("it was taken out of the cluster", "");
	scene.fails();
	scene.listed.splice(0, 1);
	await scene.look(1);
	t.deepEqual(scene.done, ["etcd-member-removed"]);
});

test("a machine whose memory is that of a member is none to be replaced", async (t) => {
	const scene = new Scene();
	scene.holds("1");
	await scene.look(2);
	t.deepEqual(scene.done, ["etcd-member-added", "etcd-member-promoted"]);
	t.is(scene.listed.length, 3);
});
