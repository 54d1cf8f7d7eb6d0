import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { eventually } from "@rollcall/test-support/eventually";
import { descendantsOf } from "@rollcall/test-support/process-table";
import { must } from "../fault.ts";
import { TAKES_AWAY } from "./going-back.ts";
import { send } from "./programs-of.ts";
import { type Round, some, spare } from "./round.ts";
import type { EtcdScene } from "./scene.ts";
import type { Held, Seat } from "./seat.ts";

const STATE = "run/rollcall/state";
const FILES = ["good.json", "next.json", "etcd.json", "ledger.json", "credentials.json"] as const;

/** What is asked of one member, without a word that a loss is accepted; the path below the machine, and the body. */
export const VERBS = {
	reboot: ["POST", "/commands", { kind: "reboot" }],
	reset: ["POST", "/commands", { kind: "reset" }],
	reject: ["POST", "/reject", {}],
	remove: ["DELETE", "", undefined],
	role: ["POST", "/role", { role: "worker" }],
	label: ["POST", "/labels", { labels: { etcd: "no" } }],
} as const;
/** Those that are done at once where they are not refused. The others wait their turn. */
const AT_ONCE: ReadonlySet<string> = new Set(["reboot", "reset", "reject", "remove"]);

/** Kills a machine's agent, which starts again by itself. */
export function killAgent({ machine }: Seat): void {
	const pid = machine.agentPid();
	if (pid !== undefined) send([pid], "SIGKILL");
}

/** Where memory of these machines was taken away, as far as the log tells, since it was this long. Who was about to join in the round before may still leave. */
async function takenAway(scene: EtcdScene, held: readonly Held[], since: number): Promise<readonly string[]> {
	const events = await scene.api.events();
	const isHeld = (machineId: string) => held.some(({ view }) => view.machineId === machineId);
	return events
		.slice(since)
		.filter((one) => TAKES_AWAY.has(one.type) && !("machineId" in one && !isHeld(one.machineId ?? "")))
		.map((one) => JSON.stringify(one));
}

/** Does something that takes nobody's memory: the same boots are members afterwards, and none was added or taken out. */
export async function keepsAll(scene: EtcdScene, act: (held: readonly Held[]) => Promise<void>): Promise<undefined> {
	const since = (await scene.api.events()).length;
	const held = await scene.members();
	await act(held);
	await scene.settled();
	const away = await takenAway(scene, held, since);
	must(away.length === 0, "members that live are members as they were", () => away.join("\n"));
	return undefined;
}

/** A word of the machine's configuration. */
function tokenFileOf({ machine }: Seat): string {
	const { tokenFile } = JSON.parse(readFileSync(join(machine.root, "etc/rollcall/agent.json"), "utf8")) as {
		tokenFile: string;
	};
	return tokenFile;
}

/** What a person, a damaged file or a network does to machines that hold etcd, while nobody said that anything may be lost. */
export const ATTACKS: readonly Round[] = [
	{
		name: "damage what the agents of all members remember, and kill them",
		run: (scene, random) =>
			keepsAll(scene, async (held) => {
				for (const { seat } of held) {
					const file = join(seat.machine.root, STATE, random.pick(FILES));
					if (existsSync(file)) writeFileSync(file, random.pick(["", "{", readFileSync(file).subarray(0, 99)]));
					killAgent(seat);
				}
				await pause(1500);
			}),
	},
	{
		name: "take all that the agents of members remember away, and kill them",
		run: (scene) =>
			keepsAll(scene, async (held) => {
				for (const { seat } of held) {
					// It has to enroll again, as after a boot.
					writeFileSync(tokenFileOf(seat), await scene.api.enrollToken());
					rmSync(join(seat.machine.root, STATE), { recursive: true });
					killAgent(seat);
				}
				await pause(1500);
			}),
	},
	{
		name: "hide the coordinator from all members, while lost ones are replaced at once",
		async run(scene, random) {
			await scene.declare({ impatient: true });
			await scene.settled();
			await keepsAll(scene, async (held) => {
				for (const { seat } of held) seat.place.coordinator("hidden");
				await pause(random.int(15_000, 30_000));
				const [keys] = scene.streams;
				const before = keys?.acknowledged ?? 0;
				await pause(2000);
				must((keys?.acknowledged ?? 0) > before, "etcd goes on while nobody sees its members", () => String(before));
				for (const { seat } of held) seat.place.coordinator("there");
			});
			await scene.declare({ impatient: false });
			return undefined;
		},
	},
	{
		name: "stop a whole machine until it is replaced, and let it go on",
		async run(scene, random) {
			await scene.declare({ impatient: true });
			await scene.settled();
			const [seat] = await some(scene, random, 1);
			const pids = seat ? descendantsOf(seat.machine.process.child.pid ?? -1) : [];
			send(pids, "SIGSTOP");
			await pause(random.int(5_000, 40_000));
			send(pids, "SIGCONT");
			await pause(2000);
			await scene.declare({ impatient: false });
			return undefined;
		},
	},
	{
		name: "give members other addresses within their boot, as many as may go, and their own again",
		run: (scene, random) =>
			keepsAll(scene, async () => {
				const chosen = await some(scene, random, spare(scene));
				for (const { place } of chosen) place.readdress("another");
				await pause(random.int(3_000, 20_000));
				for (const { place } of chosen) place.readdress("own");
			}),
	},
	{
		name: "ask something of each member at once",
		async run(scene, random) {
			const held = await scene.members();
			const asked = held.map(({ view }) => ({ view, verb: random.pick(Object.keys(VERBS) as (keyof typeof VERBS)[]) }));
			const done = await Promise.all(
				asked.map(async ({ view, verb }) => {
					const [method, path, body] = VERBS[verb];
					const { status } = await scene.api.request(method, `/v1/machines/${view.machineId}${path}`, body);
					return status < 300 && AT_ONCE.has(verb) ? verb : undefined;
				}),
			);
			const allowed = done.filter((verb) => verb !== undefined && verb !== "reset");
			must(allowed.length <= spare(scene), "verbs leave a majority", () =>
				asked.map(({ verb }, index) => `${verb}: ${done[index] ? "done" : "refused or waits"}`).join(", "),
			);
			await pause(random.int(1000, 8000));
			await asBefore(scene);
			return undefined;
		},
	},
];

/** Takes everything back that a person may have said of machines: all are let in, without a role of their own, and may hold etcd. */
export async function asBefore(scene: EtcdScene): Promise<void> {
	await eventually(
		"all machines as they were",
		async () => {
			const views = await scene.api.machines();
			let strangers = 0;
			for (const seat of scene.seats) {
				const view = views.find(({ address }) => address === seat.place.address);
				// One that was removed is a stranger until it boots, and then has no label yet.
				if (!view) {
					strangers++;
					await seat.cut(0);
					continue;
				}
				const path = `/v1/machines/${view.machineId}`;
				if (view.phase === "rejected") await scene.api.request("POST", `${path}/approve`, {});
				await scene.api.request("POST", `${path}/role`, { role: null });
				await scene.label(view.machineId, "yes");
			}
			return strangers === 0;
		},
		120_000,
		1_000,
	);
}
