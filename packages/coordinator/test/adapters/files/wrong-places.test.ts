import { execFile } from "node:child_process";
import { chmodSync, existsSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ownFolder } from "@rollcall/test-support/own-folder";
import test, { type ExecutionContext } from "ava";
import { makePrivateFolder } from "../../../src/disk/atomic-write.ts";

/** The program as it is shipped: the bundle, or the sources where they changed since. */
const MAIN = join(import.meta.dirname, "../../../bin/rollcall-coordinator.cjs");
/** A start that never ends is ended then, in milliseconds. */
const NEVER_MS = 60_000;

/** Starts a coordinator that must not start, and looks how it ends. */
async function startWrong(t: ExecutionContext, settings: Record<string, unknown>, told: RegExp): Promise<void> {
	const file = join(ownFolder(t), "coordinator.yaml");
	writeFileSync(file, JSON.stringify(settings));
	const { code, stderr } = await new Promise<{ code: unknown; stderr: string }>((resolve) =>
		execFile(process.execPath, [MAIN, "--config", file], { timeout: NEVER_MS }, (error, _stdout, text) =>
			resolve({ code: error?.code ?? 0, stderr: text }),
		),
	);
	t.is(code, 2, stderr);
	t.regex(stderr, told);
	t.is(stderr.trim().split("\n").length, 1, "one sentence");
}

test("a data folder that cannot be one ends the start at once with 2, its setting and the next step", async (t) => {
	const { mode } = statSync("/dev/null");
	for (const dataFolder of ["/proc/rollcall/data", "/proc/rollcall", "/etc/passwd/x", "/dev/null", "/sys/rollcall"]) {
		const told = new RegExp(`dataFolder ${dataFolder} cannot be used: .*; name a folder in which this user may write`);
		await startWrong(t, { dataFolder }, told);
	}
	t.is(statSync("/dev/null").mode, mode);
});

test("a folder of others is not closed to them, and becomes no data folder", async (t) => {
	const dataFolder = ownFolder(t);
	writeFileSync(join(dataFolder, "passwd"), "");
	chmodSync(dataFolder, 0o755);
	await startWrong(
		t,
		{ dataFolder },
		/dataFolder \S+ cannot be used: it is open to others and .* name a folder of its own/,
	);
	t.is(statSync(dataFolder).mode & 0o777, 0o755);
});

test("an address that this computer does not have ends the start with 2 and its setting, before anything is begun", async (t) => {
	const dataFolder = join(ownFolder(t), "data");
	const host = "192.0.2.77";
	const free = { http: { port: 0 }, nats: { embedded: { port: 0 } } };
	for (const [settings, field] of [
		[{ ...free, http: { host, port: 0 } }, "http.host"],
		[{ ...free, nats: { embedded: { host, port: 0 } } }, "nats.embedded.host"],
		[{ ...free, boot: { host, port: 0 } }, "boot.host"],
	] as const) {
		const told = new RegExp(`${field} ${host}: this computer has no such address; name one that it has`);
		await startWrong(t, { dataFolder, ...settings }, told);
		t.false(existsSync(dataFolder));
	}
});

test("a private folder is made with all above it, and where one of these is a file nothing is changed", async (t) => {
	const folder = ownFolder(t);
	const deep = join(folder, "a/b/c");
	await makePrivateFolder(deep);
	await makePrivateFolder(deep);
	t.is(statSync(deep).mode & 0o777, 0o700);
	const file = join(folder, "file");
	writeFileSync(file, "", { mode: 0o644 });
	await t.throwsAsync(makePrivateFolder(file), { code: "ENOTDIR" });
	await t.throwsAsync(makePrivateFolder(join(file, "x")), { code: "ENOTDIR" });
	t.is(statSync(file).mode & 0o777, 0o644);
});
