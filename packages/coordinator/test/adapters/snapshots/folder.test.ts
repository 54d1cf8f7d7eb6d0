import { execFileSync } from "node:child_process";
import { createDecipheriv, createHash, randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ENCRYPTION, sha256Of } from "@rollcall/protocol";
import { testNeeding } from "@rollcall/test-support/needing";
import { ownFolder } from "@rollcall/test-support/own-folder";
import { ROOT } from "@rollcall/test-support/part";
import test, { type ExecutionContext } from "ava";
import { openSnapshotFolder } from "../../../src/adapters/snapshots/folder.ts";
import { SnapshotError } from "../../../src/errors.ts";

const WISH = { revision: 7, takenAt: 5, cluster: "lab", secretsKeys: [], maxBytes: 2 ** 30 };

/** Where a coordinator would make its folder of snapshots. */
function placeFor(t: ExecutionContext): string {
	return join(ownFolder(t, "rollcall-snapshots-"), "etcd-snapshots");
}

function open(folder: string, { fleet = "UFLEET", log = "log-1" } = {}) {
	return openSnapshotFolder(folder, { fleets: [fleet], log: () => log });
}

/** Something in the form of etcd's snapshots: the digest of the rest at the end. */
function snapshot(bytes: number): Buffer {
	const state = randomBytes(bytes);
	return Buffer.concat([state, createHash("sha256").update(state).digest()]);
}

async function* inPieces(content: Buffer, size = 10_007): AsyncGenerator<Uint8Array> {
	for (let at = 0; at < content.length; at += size) yield content.subarray(at, at + size);
}

test("a snapshot is kept encrypted, for its owner alone, and opens to what etcd gave", async (t) => {
	const folder = placeFor(t);
	const snapshots = open(folder);
	for (const [bytes, size] of [
		[100_000, 10_007],
		[100_000, 7],
		[1, 64],
	] as const) {
		const content = snapshot(bytes);
		const kept = await snapshots.save(inPieces(content, size), WISH);
		t.like(kept, { revision: 7, takenAt: 5, cluster: "lab" });
		t.deepEqual(kept.content, { sha256: sha256Of(content), sizeBytes: content.length });
		const { path = "", sizeBytes } = (await snapshots.file(kept.sha256)) ?? {};
		const file = readFileSync(path);
		t.is(sizeBytes, kept.sizeBytes);
		t.is(sha256Of(file), kept.sha256);
		const { algorithm, nonceBytes, tagBytes, additional } = ENCRYPTION;
		const key = Buffer.from(await snapshots.key(kept.sha256), "base64");
		const cipher = createDecipheriv(algorithm, key, file.subarray(0, nonceBytes));
		cipher.setAAD(Buffer.from(additional)).setAuthTag(file.subarray(-tagBytes));
		t.true(Buffer.concat([cipher.update(file.subarray(nonceBytes, -tagBytes)), cipher.final()]).equals(content));
		t.is(await snapshots.check(kept), undefined);
	}
	t.is(statSync(folder).mode & 0o777, 0o700);
	for (const name of readdirSync(folder)) t.is(statSync(join(folder, name)).mode & 0o777, 0o600, name);
	const keys = (await snapshots.list(64)).map(({ sha256 }) => snapshots.key(sha256));
	t.is(new Set(await Promise.all(keys)).size, 3, "each has a key of its own");
});

test("what etcd sends damaged, cut short or too large is not kept, and nothing of it stays", async (t) => {
	const folder = placeFor(t);
	const snapshots = open(folder);
	const good = snapshot(50_000);
	const kept = await snapshots.save(inPieces(good), WISH);
	const before = readdirSync(folder).sort();
	const changed = Buffer.from(good);
	changed[1000] = (changed[1000] ?? 0) ^ 1;
	for (const content of [changed, good.subarray(0, -1), good.subarray(0, 20), good.subarray(0, 32), Buffer.alloc(0)]) {
		await t.throwsAsync(snapshots.save(inPieces(content), WISH), {
			instanceOf: SnapshotError,
			message: /is not whole/,
		});
	}
	await t.throwsAsync(snapshots.save(inPieces(good), { ...WISH, maxBytes: 10_000 }), {
		instanceOf: SnapshotError,
		message: /more than 10000 bytes.*etcd\.snapshots\.room/,
	});
	async function* breaks(): AsyncGenerator<Uint8Array> {
		yield good.subarray(0, 1000);
		throw new Error("the member is gone");
	}
	await t.throwsAsync(snapshots.save(breaks(), WISH), { message: "the member is gone" });
	t.deepEqual(readdirSync(folder).sort(), before);
	t.is(await snapshots.check(kept), undefined);
});

testNeeding(ROOT)("a full disk is told, and the older ones stay", async (t) => {
	const folder = placeFor(t);
	mkdirSync(folder, { recursive: true });
	execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "rollcall-test", folder]);
	t.teardown(() => execFileSync("umount", ["--lazy", folder]));
	const snapshots = open(folder);
	const kept = await snapshots.save(inPieces(snapshot(300_000)), WISH);
	await t.throwsAsync(snapshots.save(inPieces(snapshot(1_000_000)), WISH), {
		instanceOf: SnapshotError,
		message: /there is no room in .*ENOSPC/,
	});
	t.is(await snapshots.check(kept), undefined);
	t.is(readdirSync(folder).length, 2);
});

test("a file that was damaged or is gone is found out, and so is one whose key is", async (t) => {
	const folder = placeFor(t);
	const snapshots = open(folder);
	const kept = await snapshots.save(inPieces(snapshot(1000)), WISH);
	const stem = join(folder, kept.sha256.slice(7));
	const file = readFileSync(`${stem}.snapshot`);
	writeFileSync(`${stem}.snapshot`, Buffer.concat([file.subarray(0, -1), Buffer.of((file.at(-1) ?? 0) ^ 1)]));
	t.regex((await snapshots.check(kept)) ?? "", /is damaged/);
	rmSync(`${stem}.snapshot`);
	t.regex((await snapshots.check(kept)) ?? "", /cannot be read/);
	t.is(await snapshots.file(kept.sha256), undefined);
	t.deepEqual(await snapshots.list(64), []);
	writeFileSync(`${stem}.snapshot`, file);
	writeFileSync(`${stem}.json`, "{}");
	t.regex((await snapshots.check(kept)) ?? "", /has no key/);
	await t.throwsAsync(snapshots.key(kept.sha256), { message: /the key of the snapshot cannot be read/ });
});

test("snapshots of another fleet are nobody's here; those of another log are listed, and never swept", async (t) => {
	const folder = placeFor(t);
	const [own, foreign, earlier] = [open(folder), open(folder, { fleet: "UOTHER" }), open(folder, { log: "log-0" })];
	const kept = await own.save(inPieces(snapshot(100)), { ...WISH, takenAt: 3 });
	const forgotten = await own.save(inPieces(snapshot(100)), { ...WISH, takenAt: 2 });
	const old = await earlier.save(inPieces(snapshot(100)), { ...WISH, takenAt: 1 });
	const other = await foreign.save(inPieces(snapshot(100)), WISH);
	t.deepEqual(
		(await own.list(64)).map(({ takenAt }) => takenAt),
		[1, 2, 3],
	);
	t.deepEqual(
		(await own.list(2)).map(({ takenAt }) => takenAt),
		[2, 3],
	);
	t.is(await own.check(other), "is of another fleet");
	await t.throwsAsync(own.key(other.sha256));
	const [stale, fresh] = [1, 2].map((digit) => join(folder, `.${"0".repeat(35)}${digit}.new`));
	for (const path of [stale, fresh]) writeFileSync(path ?? "", "cut short");
	utimesSync(stale ?? "", 0, 0);
	const newer = await own.save(inPieces(snapshot(100)), { ...WISH, takenAt: 4 });
	await own.sweep([kept.sha256], 3);
	// A log that went back does not know it.
	t.truthy(await own.file(newer.sha256));
	t.is(await own.file(forgotten.sha256), undefined);
	for (const one of [kept, old, other]) t.truthy(await own.file(one.sha256));
	t.deepEqual(
		readdirSync(folder).filter((name) => name.endsWith(".new")),
		[(fresh ?? "").slice(folder.length + 1)],
	);
});
