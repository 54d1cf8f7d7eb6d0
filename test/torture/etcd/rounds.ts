import { setTimeout as pause } from "node:timers/promises";
import type { EtcdView } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import type { Random } from "../../simulator/random.ts";
import { must } from "../fault.ts";
import { ATTACKS } from "./attacks.ts";
import { CROWDS } from "./crowd.ts";
import { GOING_BACK } from "./going-back.ts";
import { LONG } from "./long.ts";
import { NO_ROOM } from "./no-room.ts";
import { ETCD, pidsOf, send } from "./programs-of.ts";
import { type Round, some, spare } from "./round.ts";
import { SNAPSHOT_FILES } from "./snapshot-files.ts";

/** A member that does not lead is behind by no more than this, in milliseconds. */
const BEHIND_MS = 3_000;

const seconds = (random: Random): number => random.pick([0, 0.5, 2, 5]);

const LIVING: readonly Round[] = [
	{
		name: "reboot each member in turn",
		async run(scene) {
			for (const { view } of await scene.members()) {
				// Between the look and the request a member may have been silent for a moment.
				await eventually("a reboot while all others vote", async () => {
					await scene.settled();
					const refusal = await scene.reboot(view.machineId);
					if (refusal !== undefined) throw new Error(refusal);
					return true;
				});
				await pause(1000);
			}
			return undefined;
		},
	},
	{
		name: "ask all members to reboot at once",
		async run(scene) {
			const held = await scene.members();
			const done = await Promise.all(held.map(({ view }) => scene.reboot(view.machineId)));
			const allowed = done.filter((refusal) => refusal === undefined).length;
			must(allowed <= spare(scene), "verbs leave a majority", () => `${allowed} of ${held.length} at once`);
			await pause(1000);
			return undefined;
		},
	},
	{
		name: "cut the power of as many members as may go",
		async run(scene, random) {
			const chosen = await some(scene, random, random.int(1, Math.max(1, spare(scene))));
			await Promise.all(chosen.map((seat) => seat.cut(seconds(random))));
			return undefined;
		},
	},
	{
		name: "kill etcd on as many members as may go",
		async run(scene, random) {
			for (const seat of await some(scene, random, spare(scene))) send(pidsOf(seat, ETCD), "SIGKILL");
			await pause(1500);
			return undefined;
		},
	},
	{
		name: "pause a member of etcd",
		async run(scene, random) {
			const [seat] = await some(scene, random, 1);
			const pids = seat ? pidsOf(seat, ETCD) : [];
			send(pids, "SIGSTOP");
			await pause(random.int(1000, 8000));
			send(pids, "SIGCONT");
			return undefined;
		},
	},
	{
		name: "cut a member off the network",
		async run(scene, random) {
			const [seat] = await some(scene, random, 1);
			seat?.place.link("down");
			await pause(random.int(1000, 15_000));
			seat?.place.link("up");
			return undefined;
		},
	},
	{
		name: "change etcd's arguments, and kill agents meanwhile",
		async run(scene, random) {
			await scene.declare({ revision: scene.declared.revision + 1 });
			for (let n = 0; n < 4; n++) {
				await pause(random.int(0, 900));
				const [seat] = await some(scene, random, 1);
				const pid = seat?.machine.agentPid();
				if (pid !== undefined) send([pid], "SIGKILL");
			}
			return undefined;
		},
	},
	{
		name: "declare an argument with which etcd does not start, and take it back",
		async run(scene, random) {
			await scene.declare({ broken: true });
			await pause(random.int(1000, 12_000));
			await scene.declare({ broken: false });
			return undefined;
		},
	},
	{
		name: "declare an argument with which etcd does not start, cut the power of a member, and declare a good one",
		async run(scene) {
			await scene.declare({ broken: true });
			const ill = await eventually("a member with the argument", async () =>
				(await scene.members()).find(({ view }) => view.phase !== "ready"),
			);
			const other = (await scene.members()).find(({ seat }) => seat !== ill.seat);
			const booted = other?.seat.cut(0);
			await scene.declare({ broken: false, revision: scene.declared.revision + 1 });
			await booted;
			return undefined;
		},
	},
	{
		name: "give the slot another name",
		async run(scene) {
			const slot = scene.declared.slot === "control" ? "masters" : "control";
			must(await scene.declare({ slot }), "a slot may get another name", () => slot);
			return undefined;
		},
	},
	{
		name: "declare fewer members, then as many as before",
		async run(scene) {
			const { members } = scene.declared;
			must(await scene.declare({ members: members - 2 }), "fewer members may be declared", () => String(members));
			await scene.settled();
			await scene.declare({ members });
			return undefined;
		},
	},
	{
		name: "declare fewer members and more again at once",
		async run(scene, random) {
			const { members } = scene.declared;
			await scene.declare({ members: members - 2 });
			await pause(random.int(0, 3000));
			await scene.declare({ members });
			return undefined;
		},
	},
	{
		name: "declare etcd on machines of its own, which is refused",
		async run(scene) {
			const { declared } = scene;
			must(!(await scene.declare({ dedicated: true })), "etcd does not move to another role", () => "it was accepted");
			must(scene.declared === declared, "a refused document changes nothing", () => "it did");
			return undefined;
		},
	},
	{
		name: "move a member to another machine by its labels",
		async run(scene, random) {
			const held = await scene.members();
			const { view } = random.pick(held);
			await scene.label(view.machineId, "no");
			await pause(random.int(0, 5000));
			await scene.label(view.machineId, "yes");
			return undefined;
		},
	},
	{
		name: "kill the coordinator while a member boots",
		async run(scene, random) {
			const [seat] = await some(scene, random, 1);
			await Promise.all([
				seat?.cut(seconds(random)),
				pause(random.int(0, 8000)).then(() => scene.restart(seconds(random))),
			]);
			return undefined;
		},
	},
	{
		name: "pause the coordinator while a member boots",
		async run(scene, random) {
			const [seat] = await some(scene, random, 1);
			const cut = seat?.cut(0);
			await pause(random.int(0, 6000));
			scene.coordinator.child.kill("SIGSTOP");
			await pause(random.int(1000, 9000));
			scene.coordinator.child.kill("SIGCONT");
			await cut;
			return undefined;
		},
	},
	...GOING_BACK,
	...ATTACKS,
	...CROWDS,
	...NO_ROOM,
];

const FALLING: readonly Round[] = [
	{
		name: "cut the power of all members",
		async run(scene, random) {
			const until = await scene.snapshot();
			await Promise.all((await some(scene, random, 99)).map((seat) => seat.cut(seconds(random))));
			return until;
		},
	},
	{
		name: "cut the power of all members under an argument with which etcd does not start, and declare a good one",
		async run(scene, random) {
			const until = await scene.snapshot();
			await scene.declare({ broken: true });
			await Promise.all((await some(scene, random, 99)).map((seat) => seat.cut(0)));
			await eventually("none to be ready", async () =>
				(await scene.members()).every(({ view }) => view.phase === "failed" || view.phase === "degraded"),
			);
			await scene.declare({ broken: false, revision: scene.declared.revision + 1 });
			return until;
		},
	},
	{
		name: "reboot all members at once, although etcd may be lost",
		async run(scene) {
			const until = await scene.snapshot();
			for (const { view } of await scene.members()) await scene.reboot(view.machineId, true);
			await pause(1000);
			return until;
		},
	},
	{
		name: "cut the power of most members, then of the others",
		async run(scene, random) {
			const until = await scene.snapshot();
			const all = await some(scene, random, 99);
			const most = all.splice(0, spare(scene) + 1);
			await Promise.all(most.map((seat) => seat.cut(seconds(random))));
			await pause(random.int(0, 8000));
			await Promise.all(all.map((seat) => seat.cut(0)));
			return until;
		},
	},
	{
		name: "cut the power of most members, and boot the others anew when what they hold is kept",
		async run(scene, random) {
			const all = await some(scene, random, 99);
			const most = all.splice(0, spare(scene) + 1);
			const until = performance.now() - BEHIND_MS;
			const from = Date.now();
			await Promise.all(most.map((seat) => seat.cut(0)));
			await eventually(
				"a snapshot of what is left",
				async () => {
					const { snapshots } = await scene.api.call<EtcdView>("GET", "/v1/etcd");
					return snapshots.some(({ takenAt }) => Date.parse(takenAt) > from);
				},
				120_000,
			);
			const left = (await scene.members()).filter(({ seat }) => all.includes(seat));
			for (const { view } of left) await scene.reboot(view.machineId, true);
			await pause(1000);
			return until;
		},
	},
	...SNAPSHOT_FILES,
];

/** All rounds whose names hold this text. */
export function roundsNamed(text: string): readonly Round[] {
	return [...LIVING, ...FALLING.map((one) => ({ ...one, falls: true })), ...LONG].filter(({ name }) =>
		name.includes(text),
	);
}

/** The next round, at random: most of them leave a majority alive. */
export function nextRound(random: Random): Round {
	if (random.chance(0.03)) return random.pick(LONG);
	return random.chance(0.85) ? random.pick(LIVING) : { ...random.pick(FALLING), falls: true };
}
