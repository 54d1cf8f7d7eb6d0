import type { Input } from "@rollcall/coordinator/simulator";
import type { ClusterDocument, MachineId } from "@rollcall/protocol";
import { resizedEtcd, sizedEtcd } from "./documents.ts";
import type { Machine } from "./machine/machine.ts";
import type { MoveKind } from "./moves.ts";
import { commandOf } from "./operator-moves.ts";
import type { Random } from "./random.ts";
import type { World } from "./world.ts";

/** What happens to machines that hold etcd's memory: most of what can go wrong with it needs one of them, not any machine. */
export const ETCD_MOVES: Readonly<Record<string, MoveKind>> = {
	"a member of etcd boots again": { weight: 2, about: "etcd", act: (world, luck) => anyMember(world, luck)?.powerOn() },
	"a member of etcd is off for a while": {
		weight: 1,
		about: "etcd",
		act: (world, luck) => offFor(world, luck, anyMember(world, luck)),
	},
	"most members of etcd boot again": {
		weight: 1,
		about: "etcd",
		act: (world, luck) => {
			const [stays, ...others] = members(world);
			if (!stays || luck.chance(0.3)) return;
			// The one that stays is often not to be reached: nobody knows whether it lives.
			if (luck.chance(0.6)) world.network.cut(stays.box.name);
			world.schedule.after(luck.int(10_000, 40_000), () => world.network.heal(stays.box.name));
			for (const one of others) one.powerOn();
		},
	},
	"the log is deleted while a member of etcd boots": {
		weight: 1,
		about: "etcd",
		act: (world, luck) => {
			const away = anyMember(world, luck);
			const cut = luck.chance(0.5) ? away : undefined;
			if (cut) world.network.cut(cut.box.name);
			else away?.powerOn();
			if (cut) world.schedule.after(luck.int(10_000, 30_000), () => world.network.heal(cut.box.name));
			const after = luck.int(0, 8_000);
			world.schedule.after(after, () => world.store.lose());
			if (luck.chance(0.3)) world.schedule.after(after, () => loseAllKnown(world, luck.int(20_000, 60_000)));
		},
	},
	"who leads stands still while etcd is asked for something": {
		weight: 1,
		about: "etcd",
		act: (world, luck) => {
			world.etcdMs = luck.int(2_000, 8_000);
			anyMember(world, luck)?.powerOn();
			world.schedule.after(luck.int(8_000, 30_000), () => world.leader()?.pause(luck.int(6_000, 20_000)));
			world.schedule.after(luck.int(30_000, 60_000), () => {
				world.etcdMs = 20;
			});
		},
	},
	"etcd gets more machines, or fewer, or others": {
		weight: 2,
		about: "etcd",
		act: (world, luck) => declare(world, (document) => resizedEtcd(luck, document)),
	},
	"etcd gets fewer machines while members with low seats are off": { weight: 1, about: "etcd", act: shrinkWithout },
	"a person takes a member of etcd away": { weight: 2, about: "etcd", act: takeAway },
	"what a member of etcd is to run fails": {
		weight: 1,
		about: "etcd",
		act: (world, luck) => {
			world.applyFailure = 0.9;
			world.schedule.after(luck.int(3_000, 25_000), () => {
				world.applyFailure = 0;
			});
			const boot = anyMember(world, luck)?.boot;
			if (luck.chance(0.5)) boot?.restartAgent(luck.int(1, 40));
		},
	},
};

/** What is known of etcd beside its memory is lost, too, and for a while nobody hears who holds that. */
function loseAllKnown(world: World, ms: number): void {
	world.snapshots.lose();
	for (const { box } of members(world)) {
		world.network.cut(box.name);
		world.schedule.after(ms, () => world.network.heal(box.name));
	}
}

/** The machines that hold etcd's memory, in any order that does not change. */
export function members(world: World): Machine[] {
	return world.machines.filter(({ boot }) => boot?.etcd !== undefined && !boot.etcd.lost);
}

/** Of four people three look first whether etcd can spare it. */
export function anyMember(world: World, luck: Random): Machine | undefined {
	const all = members(world);
	if (all.length === 0) return undefined;
	const one = luck.pick(all);
	return luck.chance(0.25) || world.etcd.canSpare(one.boot) ? one : undefined;
}

function offFor(world: World, luck: Random, machine: Machine | undefined): void {
	machine?.powerOff();
	world.schedule.after(luck.int(5_000, 40_000), () => machine && !machine.boot && machine.powerOn());
}

/** Whoever leads gets another document than the one in force. */
export function declare(world: World, change: (document: ClusterDocument) => ReturnType<typeof resizedEtcd>): void {
	const leader = world.leader();
	const document = leader?.fleet?.cluster?.document;
	if (!leader || !document) return;
	leader.ask({ kind: "declare", ...change(document), by: "operator", answered: world.answering(leader) });
}

/** Where etcd has three seats it has five at first: of three members with one off no other one could go. Those with the lowest seats are off, and lost for some seconds or not yet, when two seats go. */
function shrinkWithout(world: World, luck: Random): void {
	declare(world, (document) => sizedEtcd(document, (count) => (count < 3 ? count : Math.max(count, 5))));
	world.schedule.after(luck.int(15_000, 40_000), () => {
		const { machines } = world.leader()?.fleet ?? {};
		const seatOf = ({ boot }: Machine): number =>
			machines?.get(boot?.machineId as MachineId)?.seat?.seat ?? Number.POSITIVE_INFINITY;
		const all = members(world).sort((a, b) => seatOf(a) - seatOf(b));
		const off = all.slice(0, all.length > 4 && luck.chance(0.3) ? 2 : 1);
		if (all.length < 3 || !world.etcd.canSpare(off[0]?.boot)) return;
		for (const one of off) {
			one.powerOff();
			world.schedule.after(luck.int(30_000, 80_000), () => !one.boot && one.powerOn());
		}
		world.schedule.after(luck.int(8_000, 20_000), () =>
			declare(world, (document) => sizedEtcd(document, (count) => Math.max(1, count - 2))),
		);
	});
}

function takeAway(world: World, luck: Random): void {
	const all = members(world);
	const machineId = all.length > 0 ? luck.pick(all).boot?.machineId : undefined;
	const leader = world.leader();
	if (!leader || machineId === undefined) return;
	const by = "operator";
	const reset = commandOf(leader, { machineId, command: luck.pick(["reset", "reset", "reboot"]), luck });
	const inputs: Input[] = [
		reset,
		reset,
		{ kind: "reject", machineId, reason: "not ours", by },
		{ kind: "remove", machineId, by },
		{ kind: "pin-role", machineId, role: "worker", by },
		{ kind: "label", machineId, labels: { rack: "r9", pool: "none" }, by },
	];
	world.askAsPerson(leader, luck.pick(inputs));
}
