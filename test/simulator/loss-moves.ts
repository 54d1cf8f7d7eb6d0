import type { EventType } from "@rollcall/protocol";
import { changedDocument, sizedEtcd } from "./documents.ts";
import { anyMember, declare, members } from "./etcd-moves.ts";
import { relabel } from "./lead-moves.ts";
import type { Loses } from "./moments.ts";
import type { MoveKind } from "./moves.ts";
import type { Random } from "./random.ts";
import { goBack } from "./went-back.ts";
import type { World } from "./world.ts";

/** What is lost of the log at the very moment at which it matters. */
export const LOSS_MOVES: Readonly<Record<string, MoveKind>> = {
	"what was just recorded of a target is lost": { weight: 3, damage: true, about: "log", act: loseTarget },
	"what was just recorded of etcd is lost": { weight: 3, damage: true, about: "log", act: loseOfEtcd },
	"the log is deleted when etcd has taken a member out": {
		weight: 2,
		about: "log",
		act: (world, luck) => {
			world.loses = { what: "etcd-member-removed", after: luck.int(0, 300), all: true };
			declare(world, (document) => sizedEtcd(document, (count) => Math.max(1, count - 1)));
		},
	},
	"the log is deleted while most members of etcd are not to be reached": { weight: 2, about: "log", act: loseUnheard },
	"a person has a snapshot restored beside memory": { weight: 2, about: "log", act: restoreBeside },
	"much is recorded": { weight: 2, about: "log", act: (world, luck) => recordMuch(world, luck) },
	"who follows stands still while much is recorded": {
		weight: 2,
		about: "log",
		act: (world, luck) => {
			world.coordinators.find((one) => !one.leads)?.pause(luck.int(15_000, 30_000));
			recordMuch(world, luck, 40);
		},
	},
	"all coordinators begin anew without a state of their own": { weight: 2, about: "log", act: beginAnew },
	"all coordinators begin anew behind a log that lost its end": {
		weight: 2,
		damage: true,
		about: "log",
		act: (world, luck) => {
			beginAnew(world, luck);
			goBack(world, () => world.store.loseTail(luck.int(1, 4)));
		},
	},
};

function loseTarget(world: World, luck: Random): void {
	world.loses = { what: luck.pick(["target-issued", "target-progress"]), after: luck.int(100, 1_200) };
	if (luck.chance(0.5)) declare(world, (document) => changedDocument(luck, document));
	else {
		const machine = luck.pick(world.machines);
		if (world.etcd.canSpare(machine.boot)) machine.powerOn();
	}
}

/** Something happens to its members that is recorded, and then is not any more. */
function loseOfEtcd(world: World, luck: Random): void {
	const [what, act, more = {}] = luck.pick<readonly [EventType, () => void, Partial<Loses>?]>([
		["etcd-member-added", () => anyMember(world, luck)?.powerOn()],
		["etcd-member-removed", () => anyMember(world, luck)?.powerOn()],
		["etcd-member-removed", () => declare(world, (document) => sizedEtcd(document, (count) => Math.max(1, count - 1)))],
		["etcd-restoring", () => bootAll(world)],
		["target-issued", () => bootAll(world), { behind: "etcd-restoring", stays: true }],
		["etcd-founded", () => bootAll(world)],
	]);
	world.loses = { ...more, what, after: luck.int(0, 1_500) };
	act();
	if (what !== "etcd-member-removed" || luck.chance(0.5)) return;
	// Another one joins by a log that names who is out.
	world.schedule.after(luck.int(6_000, 20_000), () => anyMember(world, luck)?.powerOn());
}

function bootAll(world: World): void {
	for (const machine of members(world)) machine.powerOn();
}

/** For longer than the log is waited for, so that spares get their seats. */
function loseUnheard(world: World, luck: Random): void {
	for (const { box } of members(world).slice(0, luck.int(2, 3))) {
		world.network.cut(box.name);
		world.schedule.after(luck.int(22_000, 40_000), () => world.network.heal(box.name));
	}
	world.store.lose();
}

/** One is left of etcd's members when the log is deleted, and somebody who does not know that chooses a snapshot. */
function restoreBeside(world: World, luck: Random): void {
	const [stays, ...others] = members(world);
	if (!stays || others.length === 0 || !world.etcd.lives()) return;
	for (const one of others) one.powerOn();
	world.store.lose();
	const { boot } = stays;
	for (let at = 4_000; at < 40_000; at += 4_000)
		world.schedule.after(at, () => {
			const leader = world.leader();
			const { machines } = leader?.fleet ?? {};
			const isKnown = [...(machines?.values() ?? [])].some(
				({ bootId, etcdMemory }) => bootId === boot?.bootId && etcdMemory?.is,
			);
			if (isKnown && luck.chance(0.5)) leader?.ask({ kind: "etcd-choose", from: "newest", by: "operator" });
		});
}

function recordMuch(world: World, luck: Random, times = 12): void {
	for (let count = 0; count < times; count++) world.schedule.after(count * 300, () => relabel(world, luck));
}

function beginAnew(world: World, luck: Random): void {
	for (const one of world.coordinators) {
		one.crash();
		one.folder.otherForm();
		world.schedule.after(luck.int(1_000, 4_000), () => one.start());
	}
}
