import { spawnSync } from "node:child_process";
import { testNeeding } from "@rollcall/test-support/needing";
import { ROOT } from "@rollcall/test-support/part";
import type { ExecutionContext } from "ava";

const MI = 2 ** 20;
const MODULES = new URL("../src/adapters/facts/", import.meta.url);
const ASK = `
	const { readTmpfs } = await import("${MODULES}tmpfs.ts");
	const { createSource } = await import("${MODULES}read-text.ts");
	console.log(JSON.stringify(readTmpfs("/", createSource("/"), undefined)));`;

/** What is told of a place after these commands, in mounts of their own. */
function roomOf(
	t: ExecutionContext,
	place: string,
	commands: string,
): { totalBytes: number; freeBytes: number } | undefined {
	const all = `set -e; ${commands}; exec "$0" --input-type=module -e "$1"`;
	const words = ["--mount", "sh", "-c", all, process.execPath, ASK];
	const { stdout, stderr, status } = spawnSync("unshare", words, { encoding: "utf8" });
	t.is(status, 0, stderr);
	return (JSON.parse(stdout) as { path: string; totalBytes: number; freeBytes: number }[]).find(
		({ path }) => path === place,
	);
}

const overlay = (upper: string) =>
	`mkdir ${upper}/up ${upper}/work; mount -t overlay -o lowerdir=/opt,upperdir=${upper}/up,workdir=${upper}/work overlay /opt`;

testNeeding(ROOT)(
	"an overlay whose upper half lies in a tmpfs has that one's room, as the root of a live system has",
	(t) => {
		const room = roomOf(
			t,
			"/opt",
			`mount -t tmpfs -o size=300m own /mnt; ${overlay("/mnt")}; head -c ${20 * MI} /dev/zero > /opt/taken`,
		);
		t.is(room?.totalBytes, 300 * MI);
		t.is(room?.freeBytes, 280 * MI);
	},
);

testNeeding(ROOT)("what lies on no tmpfs in the end is no room in RAM", (t) => {
	const isDisk = spawnSync("stat", ["-f", "-c", "%T", "/var/tmp"], { encoding: "utf8" }).stdout.trim() !== "tmpfs";
	const room = roomOf(t, "/opt", "mount --bind /var/tmp /opt");
	t.is(room === undefined, isDisk);
});
