import { sizedEtcd } from "./documents.ts";
import { declare } from "./etcd-moves.ts";
import type { MoveKind } from "./moves.ts";
import type { Random } from "./random.ts";
import type { World } from "./world.ts";

/** What comes late: words of boots that are over, and machines that were suspended. */
export const LATE_MOVES: Readonly<Record<string, MoveKind>> = {
	"what a boot said comes when it is over": { weight: 3, about: "late", act: speakLate },
	"a member of etcd is apart from the others while these change": { weight: 3, about: "late", act: partMember },
	"a machine is suspended for a while": {
		weight: 3,
		about: "late",
		act: (world, luck) => {
			// The same ones again: what a clock lacks adds up.
			const boot = luck.pick(world.machines.slice(0, 2)).boot;
			if (boot && world.etcd.canSpare(boot)) boot.suspend(luck.int(40_000, 90_000));
		},
	},
};

/** It gets ill, and says so, and boots before anybody hears it. */
function speakLate(world: World, luck: Random): void {
	const machine = luck.pick(world.machines);
	const { boot } = machine;
	if (!boot?.generation || !world.etcd.canSpare(boot)) return;
	boot.heldUntil = world.schedule.now + luck.int(18_000, 30_000);
	boot.ails = true;
	world.schedule.after(luck.int(5_500, 9_000), () => machine.boot === boot && machine.powerOn(luck.chance(0.3)));
}

/** The coordinator reaches it all the same, and asks it first: what it says of the members is old. */
function partMember(world: World, luck: Random): void {
	const known = world.leader()?.fleet?.etcd?.members ?? [];
	const first = known.find(({ votes, removed }) => votes && !removed);
	const member = first && world.bootOf(first.bootId)?.etcd;
	if (!member || !world.etcd.canSpare(member.boot)) return;
	member.apart = true;
	const fewer = luck.chance(0.5);
	const change = (by: number): void => declare(world, (one) => sizedEtcd(one, (count) => Math.max(1, count + by)));
	change(fewer ? -1 : 1);
	world.schedule.after(luck.int(8_000, 15_000), () => change(fewer ? 1 : -1));
	world.schedule.after(luck.int(30_000, 50_000), () => {
		member.apart = false;
	});
}
