import type { Coordinator } from "./coordinator.ts";
import type { MoveKind } from "./moves.ts";
import type { Random } from "./random.ts";
import { goBack } from "./went-back.ts";
import type { World } from "./world.ts";

/** Between two looks whether another one came as far as who stands still, in milliseconds. */
const LOOK_MS = 50;
/** Longer than a lease: who stood still for so long leads no more. */
const BEYOND_LEASE_MS = 5_400;
/** So long at most somebody stands still until another one came as far. */
const MOST_MS = 60_000;

/** What happens to whoever leads, and how long others take it for that. */
export const LEAD_MOVES: Readonly<Record<string, MoveKind>> = {
	"who is elected stands still right then": {
		weight: 3,
		about: "leads",
		act: (world, luck) => {
			const leader = world.leader();
			world.stillAt.election = luck.int(6_000, 14_000);
			if (leader) awayFor(world, leader, luck.int(500, 4_000));
		},
	},
	"who leads stands still when the log answers": {
		weight: 3,
		about: "leads",
		act: (world, luck) => {
			// Where there is another one, that is elected soon.
			const isAlone = luck.chance(0.5);
			world.stillAt.answer = isAlone ? luck.int(4_000, 14_000) : luck.int(2_750, 3_500);
			for (const one of world.coordinators) if (isAlone && !one.leads) awayFor(world, one, luck.int(18_000, 25_000));
		},
	},
	"the log's disk is slow while a machine goes off": { weight: 2, about: "leads", act: slowDown },
	"the log loses its end, and another one goes on as far": {
		weight: 3,
		damage: true,
		about: "leads",
		act: (world, luck) =>
			goOnAsFar(world, luck, () => goBack(world, () => world.store.loseTail(luck.int(3, 12)), false)),
	},
	"the log is deleted, and another one goes on as far": {
		weight: 2,
		about: "leads",
		act: (world, luck) => goOnAsFar(world, luck, () => world.store.lose()),
	},
};

function awayFor(world: World, one: Coordinator, ms: number): void {
	one.crash();
	world.schedule.after(ms, () => one.start());
}

/** One answer takes a second, which is no trouble: all goes on, slowly. */
function slowDown(world: World, luck: Random): void {
	const machine = luck.pick(world.machines);
	if (!world.etcd.canSpare(machine.boot)) return;
	const ms = luck.int(30_000, 60_000);
	world.storeMs = luck.int(1_050, 1_150);
	machine.powerOff();
	for (let at = 0; at < ms; at += 1_500) world.schedule.after(at, () => relabel(world, luck));
	world.schedule.after(ms, () => {
		world.storeMs = 0.3;
		world.storeWellSince = world.schedule.now;
		if (!machine.boot) machine.powerOn();
	});
}

/** Who leads stands still beyond its lease, until the log ends where it knows it, by the hand of another one. */
function goOnAsFar(world: World, luck: Random, harm: () => void): void {
	const leader = world.leader();
	if (!leader || leader.stoodStill(0) > 0) return;
	const { store, schedule, checker } = world;
	const { last: known } = store;
	const until = schedule.now + MOST_MS;
	leader.pause(LOOK_MS * 2);
	harm();
	const hold = (): void => {
		const { leader: other, since } = checker.terms.newest;
		const isLate = other !== "" && other !== leader.name && schedule.now - since > BEYOND_LEASE_MS;
		if ((isLate && store.last >= known) || schedule.now > until || !leader.up) return;
		leader.pause(LOOK_MS * 2);
		schedule.after(LOOK_MS, hold);
	};
	hold();
	if (luck.chance(0.5)) schedule.after(luck.int(3_000, 9_000), () => relabel(world, luck));
}

/** Much is recorded. */
export function relabel(world: World, luck: Random): void {
	const leader: Coordinator | undefined = world.leader();
	for (const { boot } of world.machines) {
		const machineId = boot?.machineId;
		const labels = { rack: `r${luck.int(1, 3)}`, pool: "a", shelf: luck.hex(4) };
		if (machineId !== undefined) leader?.ask({ kind: "label", machineId, labels, by: "operator" });
	}
}
