import { setTimeout as pause } from "node:timers/promises";
import { eventually } from "@rollcall/test-support/eventually";
import { must } from "../fault.ts";
import type { Declared } from "./declared.ts";
import { type Round, some } from "./round.ts";
import type { EtcdScene } from "./scene.ts";

/** What takes memory of etcd away, or begins etcd anew. */
export const TAKES_AWAY = new Set(["etcd-members-removing", "etcd-member-removed", "etcd-restoring", "etcd-founded"]);

/** The boots of the machines that hold etcd, and their node names. */
async function holdings(scene: EtcdScene): Promise<string> {
	const held = await scene.members();
	return held
		.map(({ view: { machineId, bootId, nodeName } }) => `${machineId} ${bootId} ${nodeName}`)
		.sort()
		.join("\n");
}

/**
 * Puts the data folder back from the copy, but for the newer files of etcd's snapshots; `then`: what was declared when it was copied. Waits until
 * the log was doubted and is not any more: nothing took memory away until then, and no snapshot's file is gone.
 */
async function goBack(scene: EtcdScene, then: Declared): Promise<void> {
	const files = scene.snapshotFiles();
	// The copy may hold doubts of earlier rounds.
	const from = Date.now();
	await scene.restart(1, { back: true });
	scene.declared = then;
	const events = await eventually(
		"the log to be doubted, and the doubt to be over",
		async () => {
			const { logDoubt } = await scene.api.status();
			const all = await scene.api.events();
			const begun = all.findLastIndex(({ type, at }) => type === "log-doubted" && at >= from);
			return begun >= 0 && logDoubt === undefined ? all.slice(begun) : undefined;
		},
		90_000,
	);
	const over = events.findIndex(({ type }) => type === "log-accepted");
	const during = events.slice(0, over < 0 ? undefined : over).filter(({ type }) => TAKES_AWAY.has(type));
	must(during.length === 0, "who doubts its log takes no memory away", () => JSON.stringify(during));
	const gone = files.filter((name) => !scene.snapshotFiles().includes(name));
	must(gone.length === 0, "snapshots that the log does not know stay", () => gone.join());
}

/** Puts the data folder back where the copy has the same document, or one that moves nobody: the same boots hold etcd before and after. */
async function goBackAndKeep(scene: EtcdScene, then: Declared): Promise<undefined> {
	const held = await holdings(scene);
	await goBack(scene, then);
	await scene.settled();
	const now = await holdings(scene);
	must(now === held, "machines keep what they hold when the data folder goes back", () => `${held}\nnow\n${now}`);
	const events = await scene.api.events();
	const since = events.slice(events.findLastIndex(({ type }) => type === "log-doubted"));
	const went = since.filter(({ type }) => TAKES_AWAY.has(type));
	must(went.length === 0, "living members are not taken for lost ones", () => JSON.stringify(went));
	return undefined;
}

/** The data folder of the coordinator is put back from a copy, while etcd's members go on. */
export const GOING_BACK: readonly Round[] = [
	{
		name: "put the coordinator's data folder back from a copy, when a member has booted since",
		async run(scene, random) {
			await scene.copy();
			const [seat] = await some(scene, random, 1);
			await seat?.cut(0);
			await scene.settled();
			await scene.snapshot();
			return goBackAndKeep(scene, scene.declared);
		},
	},
	{
		name: "put the coordinator's data folder back from a copy, when all members have booted since",
		async run(scene) {
			await scene.copy();
			for (const { seat } of await scene.members()) {
				await seat.cut(0);
				await scene.settled();
			}
			await scene.snapshot();
			return goBackAndKeep(scene, scene.declared);
		},
	},
	{
		name: "put the coordinator's data folder back from a copy, when the slot has another name since",
		async run(scene) {
			const before = scene.declared;
			await scene.copy();
			await scene.snapshot();
			await scene.declare({ slot: before.slot === "control" ? "masters" : "control" });
			await scene.settled();
			return goBackAndKeep(scene, before);
		},
	},
	{
		name: "put the coordinator's data folder back from a copy of when fewer members were declared",
		async run(scene) {
			const { members } = scene.declared;
			await scene.declare({ members: members - 2 });
			await scene.settled();
			const before = scene.declared;
			await scene.copy();
			await scene.declare({ members });
			await scene.settled();
			await goBack(scene, before);
			// From here on the document is followed, one member at a time.
			await scene.settled();
			await scene.declare({ members });
			return undefined;
		},
	},
	{
		name: "put the coordinator's data folder back from a copy, in the middle of the rollout of a newer document",
		async run(scene, random) {
			const before = scene.declared;
			await scene.copy();
			await scene.declare(
				random.pick([
					{ revision: before.revision + 1 },
					{ slot: before.slot === "control" ? "masters" : "control" },
					{ members: before.members - 2 },
				]),
			);
			await pause(random.int(0, 8000));
			await scene.restart(1, { back: true });
			scene.declared = before;
			return undefined;
		},
	},
	{
		name: "put the coordinator's data folder back from a copy of the middle of a rollout",
		async run(scene, random) {
			await scene.declare({ revision: scene.declared.revision + 1 });
			await pause(random.int(0, 6000));
			await scene.copy();
			const { declared } = scene;
			await scene.declare({ revision: declared.revision + 1 });
			await pause(random.int(0, 6000));
			await scene.restart(1, { back: true });
			scene.declared = declared;
			return undefined;
		},
	},
	{
		name: "put the coordinator's data folder back from a copy, in the middle of a member's replacement",
		async run(scene, random) {
			await scene.copy();
			const [seat] = await some(scene, random, 1);
			const booted = seat?.cut(0);
			await pause(random.int(0, 9000));
			await scene.restart(1, { back: true });
			await booted;
			return undefined;
		},
	},
	{
		name: "put the coordinator's data folder back from a copy of the middle of a member's replacement",
		async run(scene, random) {
			const [seat] = await some(scene, random, 1);
			const booted = seat?.cut(0);
			await pause(random.int(0, 7000));
			await scene.copy();
			await booted;
			await pause(random.int(0, 9000));
			await scene.restart(1, { back: true });
			return undefined;
		},
	},
];
