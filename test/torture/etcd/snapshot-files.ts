import { execFileSync } from "node:child_process";
import { renameSync, rmSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { EtcdView } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import type { Random } from "../../simulator/random.ts";
import { fill } from "../../support/fill.ts";
import { type Round, some } from "./round.ts";
import type { EtcdScene } from "./scene.ts";

/** The file of the newest snapshot that the log knows. */
async function newestFile(scene: EtcdScene): Promise<string> {
	const { snapshots } = await scene.api.call<EtcdView>("GET", "/v1/etcd");
	const [newest] = [...snapshots].sort((a, b) => Date.parse(b.takenAt) - Date.parse(a.takenAt));
	return `${newest?.sha256.slice("sha256:".length)}.snapshot`;
}

/** Takes snapshots one after the other, whatever comes of it, while something is done. */
async function whileTaken(scene: EtcdScene, act: () => Promise<void>): Promise<void> {
	let over = false;
	const takes = async (): Promise<void> => {
		while (!over) {
			await scene.api.request("POST", "/v1/etcd/snapshots", {});
			await pause(50);
		}
	};
	await Promise.all([
		takes(),
		act().finally(() => {
			over = true;
		}),
	]);
}

/** All of it goes, and comes back from a snapshot. */
async function cutAll(scene: EtcdScene, random: Random): Promise<void> {
	await Promise.all((await some(scene, random, 99)).map((seat) => seat.cut(0)));
}

/** What happens to the files of snapshots, before all memory of etcd is lost. */
export const SNAPSHOT_FILES: readonly Round[] = [
	{
		name: "fill the disk of etcd's snapshots while they are taken, make room, and cut the power of all members",
		async run(scene, random) {
			await whileTaken(scene, async () => {
				for (let n = 0; n < 4; n++) {
					const file = join(scene.snapshotFolder, "fill");
					fill(file);
					await pause(random.int(0, 2000));
					rmSync(file);
					await pause(random.int(0, 1000));
				}
			});
			const until = await scene.snapshot();
			await cutAll(scene, random);
			return until;
		},
	},
	{
		name: "let nobody write to the folder of etcd's snapshots while they are taken, and cut the power of all members",
		async run(scene, random) {
			const remount = (how: "ro" | "rw") =>
				execFileSync("mount", ["-o", `remount,${how}`, scene.snapshotFolder], { stdio: "pipe" });
			await whileTaken(scene, async () => {
				for (let n = 0; n < 4; n++) {
					// It is refused while a file is open there.
					await eventually("it to be read-only", async () => remount("ro") !== undefined, 30_000, 20);
					await pause(random.int(0, 2000));
					remount("rw");
					await pause(random.int(0, 1000));
				}
			});
			const until = await scene.snapshot();
			await cutAll(scene, random);
			return until;
		},
	},
	...(["remove", "cut short"] as const).map((how) => ({
		name: `${how} the file of etcd's newest snapshot, and cut the power of all members a few seconds later`,
		async run(scene: EtcdScene, random: Random) {
			await scene.snapshot();
			const gone = await newestFile(scene);
			const until = performance.now();
			const file = join(scene.snapshotFolder, gone);
			if (how === "remove") rmSync(file);
			else truncateSync(file, random.int(0, 5000));
			await eventually("another one", async () => {
				const now = await newestFile(scene);
				return now !== gone && scene.snapshotFiles().includes(now);
			});
			await cutAll(scene, random);
			return until;
		},
	})),
	{
		name: "cut the power of all members, and take the file away with which they begin, until that is told",
		async run(scene, random) {
			const until = await scene.snapshot();
			const since = (await scene.api.events()).length;
			const is = async (type: string) => (await scene.api.events()).slice(since).some((one) => one.type === type);
			await cutAll(scene, random);
			await eventually("etcd to begin with a snapshot", async () => is("etcd-restoring"), 120_000, 50);
			const file = join(scene.snapshotFolder, await newestFile(scene));
			renameSync(file, `${file}.away`);
			await eventually(
				"it to be told, or done",
				async () => (await is("etcd-snapshot-failed")) || (await is("etcd-founded")),
			);
			await pause(random.int(0, 5000));
			renameSync(`${file}.away`, file);
			return until;
		},
	},
	{
		name: "kill the coordinator while a snapshot is taken, and cut the power of all members",
		async run(scene, random) {
			const until = await scene.snapshot();
			await Promise.all([
				scene.api.request("POST", "/v1/etcd/snapshots", {}).catch(() => undefined),
				pause(random.int(0, 400)).then(() => scene.restart(0)),
			]);
			await cutAll(scene, random);
			return until;
		},
	},
];
