import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ownFolder } from "@rollcall/test-support/own-folder";
import { run } from "@rollcall/test-support/running";
import { tied } from "@rollcall/test-support/tied";
import test from "ava";
import { lockFolder } from "../../../src/adapters/files/folder-lock.ts";

const source = fileURLToPath(new URL("../../../src/adapters/files/folder-lock.ts", import.meta.url));

test("a folder is for one at a time, and free again after its release", async (t) => {
	const folder = ownFolder(t);
	const lock = await lockFolder(folder);
	await t.throwsAsync(lockFolder(folder), { message: new RegExp(`in use by process ${process.pid}`) });
	await lock.release();
	await (await lockFolder(folder)).release();
	t.deepEqual(readdirSync(folder), []);
});

test("the lock of a process that was killed is taken over", async (t) => {
	const folder = ownFolder(t);
	const program = `import { lockFolder } from ${JSON.stringify(source)}; await lockFolder(${JSON.stringify(folder)}); console.log("locked"); setInterval(() => {}, 1e6);`;
	const child = spawn(...tied(process.execPath, ["--input-type=module", "-e", program]), {
		stdio: ["ignore", "pipe", "inherit"],
	});
	t.teardown(() => child.kill("SIGKILL"));
	await once(child.stdout, "data");
	await t.throwsAsync(lockFolder(folder), { message: new RegExp(`in use by process ${child.pid}`) });
	const exited = once(child, "exit");
	child.kill("SIGKILL");
	await exited;
	await (await lockFolder(folder)).release();
});

test("a pid that belongs to another process now, or to another boot, holds nothing", async (t) => {
	const folder = ownFolder(t);
	const file = join(folder, "lock");
	const lock = await lockFolder(folder);
	const holder = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
	await lock.release();
	for (const stale of [
		{ ...holder, startTime: "1" },
		{ ...holder, bootId: "another" },
	]) {
		writeFileSync(file, JSON.stringify(stale));
		await (await lockFolder(folder)).release();
	}
	writeFileSync(file, "nonsense");
	await (await lockFolder(folder)).release();
	t.deepEqual(readdirSync(folder), []);
});

test("who finds no room for a lock says where, and leaves nothing", async (t) => {
	const folder = ownFolder(t);
	const program = `import { lockFolder } from ${JSON.stringify(source)}; await lockFolder(${JSON.stringify(folder)});`;
	// Files may have no byte, as on a disk that is full.
	const words = ["-c", 'ulimit -f 0; exec "$@"', "sh", process.execPath, "--input-type=module", "-e", program];
	const asked = run("sh", words, { NODE_COMPILE_CACHE: "" });
	t.teardown(() => asked.end());
	t.is((await asked.exited).code, 1);
	t.true(asked.output().includes(`write '${join(folder, "lock")}'`), asked.output());
	t.deepEqual(readdirSync(folder), []);
});

test("of many that take over a stale lock at once exactly one succeeds", async (t) => {
	const folder = ownFolder(t);
	for (let round = 0; round < 20; round++) {
		writeFileSync(join(folder, "lock"), JSON.stringify({ pid: 1, startTime: "1", bootId: "another" }));
		const outcomes = await Promise.allSettled(Array.from({ length: 6 }, () => lockFolder(folder)));
		const locks = outcomes.filter((outcome) => outcome.status === "fulfilled");
		t.is(locks.length, 1);
		await locks[0]?.value.release();
	}
});
