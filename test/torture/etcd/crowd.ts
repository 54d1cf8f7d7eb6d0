import { setTimeout as pause } from "node:timers/promises";
import type { Random } from "../../simulator/random.ts";
import { asBefore, killAgent, VERBS } from "./attacks.ts";
import type { Declared } from "./declared.ts";
import { type Round, some } from "./round.ts";
import type { EtcdScene } from "./scene.ts";

/** So many people at once. */
const CLIENTS = 4;

/** Does it again and again, until so many milliseconds are over. */
async function meanwhile(ms: number, act: () => Promise<unknown>): Promise<void> {
	const end = performance.now() + ms;
	while (performance.now() < end) await act();
}

/** One client that asks a machine for anything, now and then again until it may be, as `--queue` does; it never says that a loss is accepted. */
async function asks(scene: EtcdScene, random: Random): Promise<void> {
	const { view } = random.pick(await scene.members());
	const [method, where, body] = VERBS[random.pick(Object.keys(VERBS) as (keyof typeof VERBS)[])];
	const path = `/v1/machines/${view.machineId}${where}`;
	for (let tries = random.chance(0.3) ? 20 : 1; tries > 0; tries--) {
		const { status } = await scene.api.request(method, path, body);
		if (status !== 409) break;
		await pause(250);
	}
	await pause(random.int(0, 700));
}

/** Declares one document after the other: another name of the slot, fewer members, more, other arguments. */
async function declares(scene: EtcdScene, random: Random, members: number): Promise<void> {
	const { revision, slot } = scene.declared;
	const changes: readonly Partial<Declared>[] = [
		{ revision: revision + 1 },
		{ slot: slot === "control" ? "masters" : "control" },
		{ members: members - 2 },
		{ members },
		{ impatient: random.chance(0.5) },
	];
	await scene.declare(random.pick(changes));
	await pause(random.int(0, 2500));
}

/** Kills the agent of a machine that holds etcd. */
async function kills(scene: EtcdScene, random: Random): Promise<void> {
	for (const seat of await some(scene, random, 1)) killAgent(seat);
	await pause(random.int(200, 2500));
}

async function crowd(
	scene: EtcdScene,
	random: Random,
	{ verbs = false, documents = false }: { readonly verbs?: boolean; readonly documents?: boolean },
): Promise<void> {
	const { members } = scene.declared;
	const ms = random.int(6_000, 20_000);
	await Promise.all([
		...(verbs ? Array.from({ length: CLIENTS }, () => meanwhile(ms, () => asks(scene, random))) : []),
		documents ? meanwhile(ms, () => declares(scene, random, members)) : undefined,
		meanwhile(ms, () => kills(scene, random)),
	]);
	await scene.declare({ members, impatient: false });
	await asBefore(scene);
}

/** Many people at once, none of whom accepts a loss, while agents are killed at any moment of what comes of it. */
export const CROWDS: readonly Round[] = [
	{
		name: "many people ask anything of members, and agents are killed",
		async run(scene, random) {
			await crowd(scene, random, { verbs: true });
			return undefined;
		},
	},
	{
		name: "many people ask anything of members while one is replaced, and agents are killed",
		async run(scene, random) {
			const [seat] = await some(scene, random, 1);
			const booted = seat?.cut(0);
			// Nobody knows of it before it is silent: only then is it what verbs have to reckon with.
			await pause(500);
			await crowd(scene, random, { verbs: true });
			await booted;
			return undefined;
		},
	},
	{
		name: "one document comes after the other, and agents are killed",
		async run(scene, random) {
			await crowd(scene, random, { documents: true });
			return undefined;
		},
	},
	{
		name: "one document comes after the other while many people ask anything of members, and agents are killed",
		async run(scene, random) {
			await crowd(scene, random, { verbs: true, documents: true });
			return undefined;
		},
	},
];
