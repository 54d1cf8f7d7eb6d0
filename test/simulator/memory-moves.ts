import { elsewhereEtcd } from "./documents.ts";
import { anyMember, declare } from "./etcd-moves.ts";
import type { Machine } from "./machine/machine.ts";
import type { Name } from "./machine/state-folder.ts";
import type { MoveKind } from "./moves.ts";
import type { Random } from "./random.ts";
import type { World } from "./world.ts";

/** What agents keep of etcd and of their targets, and what becomes of it where a machine or its coordinator is in trouble at that very moment. */
export const MEMORY_MOVES: Readonly<Record<string, MoveKind>> = {
	"a member of etcd boots again, and ails": {
		weight: 2,
		about: "memory",
		act: (world, luck) => bootAnew(world, luck, (machine) => ail(world, machine, luck.int(15_000, 60_000))),
	},
	"what an agent keeps cannot be read any more": { weight: 2, about: "memory", act: damage },
	"there is no room right after a target became the good one": {
		weight: 2,
		about: "memory",
		act: (world, luck) => bootAnew(world, luck, (machine) => fillAfter(world, machine, luck.int(1_000, 20_000))),
	},
	"somebody takes etcd's memory away": { weight: 1, about: "memory", act: empty },
	"who leads stands still while it asks for etcd's members": {
		weight: 2,
		about: "memory",
		act: (world, luck) => {
			world.stillAt.list = luck.int(12_000, 40_000);
			anyMember(world, luck)?.powerOn();
		},
	},
	"somebody writes another entry in the place of one": { weight: 1, about: "memory", damage: true, act: forge },
	"a document has etcd elsewhere while a lost log is rebuilt": {
		weight: 1,
		about: "memory",
		act: (world, luck) => {
			world.store.lose();
			world.schedule.after(luck.int(2_000, 14_000), () => declare(world, (document) => elsewhereEtcd(luck, document)));
		},
	},
};

/** A member of etcd, or any other machine where that is none, begins with empty RAM. */
function bootAnew(world: World, luck: Random, then: (machine: Machine) => void): void {
	const machine = luck.chance(0.8) ? anyMember(world, luck) : luck.pick(world.machines);
	if (!machine || !world.etcd.canSpare(machine.boot)) return;
	machine.powerOn();
	then(machine);
}

function ail(world: World, { boot }: Machine, ms: number): void {
	if (!boot) return;
	boot.ails = true;
	world.schedule.after(ms, () => {
		boot.ails = false;
	});
}

function fillAfter(world: World, { boot }: Machine, ms: number): void {
	if (!boot) return;
	boot.state.afterPromote = () => {
		boot.fill(true);
		world.schedule.after(ms, () => boot.fill(false));
	};
}

function damage(world: World, luck: Random): void {
	const { boot } = luck.pick(world.machines);
	boot?.state.damage(luck.pick<Name>(["good", "good", "next", "ledger", "credentials", "etcd"]));
	// An agent reads it when it starts.
	boot?.restartAgent();
}

/** One behind which there are others: what comes after the last one names it, whatever that is. */
function forge(world: World, luck: Random): void {
	const { store, checker } = world;
	const positions = [...store.entries.keys()].filter((position) => position < store.last);
	if (positions.length === 0) return;
	const position = luck.pick(positions);
	if (store.forge(position)) checker.onDamage(position);
}

function empty(world: World, luck: Random): void {
	const machine = anyMember(world, luck);
	if (!machine?.boot || !world.etcd.canSpare(machine.boot)) return;
	const seen = machine.boot.folder.look();
	// What no agent has seen yet none can miss.
	if (seen.kind !== "data" || seen.marked === undefined) return;
	machine.boot.emptyEtcd();
	const again = luck.chance(0.7);
	// Nothing of it could be written down when its agent saw it, and that forgets it with its process.
	const isUnnoted = luck.chance(0.4) && machine.boot.state.good()?.target.content.memory?.holds !== undefined;
	if (isUnnoted) machine.boot.state.unnote(luck.chance(0.5));
	if (isUnnoted) machine.boot.restartAgent();
	else if (again) world.schedule.after(luck.int(100, 10_000), () => machine.boot?.restartAgent());
}
