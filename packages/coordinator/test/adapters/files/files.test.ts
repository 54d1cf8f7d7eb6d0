import {
	chmodSync,
	existsSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	statSync,
	utimesSync,
	writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ClusterDocument } from "@rollcall/protocol";
import { ownFolder } from "@rollcall/test-support/own-folder";
import { run } from "@rollcall/test-support/running";
import test from "ava";
import { parse } from "yaml";
import { takeDataFolder } from "../../../src/adapters/files/data-folder.ts";
import { createLastDocument } from "../../../src/adapters/files/last-document.ts";
import { readSecret, writeSecret } from "../../../src/adapters/files/secret-file.ts";
import { createSnapshots } from "../../../src/adapters/files/snapshots.ts";
import { writeAtomically } from "../../../src/disk/atomic-write.ts";
import { EMPTY_FLEET, type Fleet } from "../../../src/domain/fleet.ts";

const example = new URL("../../../../../deploy/examples/rehearsal.yaml", import.meta.url);
const fleet: Fleet = { ...EMPTY_FLEET, seq: 7, at: 1_700_000_000_000 };

function snapshotsIn(dataFolder: string) {
	const damaged: string[] = [];
	const snapshots = createSnapshots({
		dataFolder,
		toJson: ({ seq, at }) => ({ seq, at }),
		fromJson: (json) => {
			const { seq, at } = json as { seq?: number; at?: number };
			return seq === undefined || at === undefined ? undefined : { ...EMPTY_FLEET, seq, at };
		},
		onDamaged: (reason) => damaged.push(reason),
	});
	return { snapshots, damaged, file: join(dataFolder, "snapshot.json") };
}

test("a file is replaced whole, with its mode, and nothing is left beside it", async (t) => {
	const folder = ownFolder(t);
	const file = join(folder, "file");
	await writeAtomically(file, "one", 0o600);
	await writeAtomically(file, "two", 0o640);
	t.is(readFileSync(file, "utf8"), "two");
	t.is(statSync(file).mode & 0o777, 0o640);
	mkdirSync(join(folder, "folder"));
	await t.throwsAsync(writeAtomically(join(folder, "folder"), "three", 0o600));
	t.deepEqual(readdirSync(folder).sort(), ["file", "folder"]);
});

test("who finds no room for a file says for which, and leaves nothing", async (t) => {
	const folder = ownFolder(t);
	const file = join(folder, "file");
	const source = fileURLToPath(new URL("../../../src/disk/atomic-write.ts", import.meta.url));
	const program = `import { writeAtomically } from ${JSON.stringify(source)}; await writeAtomically(${JSON.stringify(file)}, "text", 0o600);`;
	// Files may have no byte, as on a disk that is full.
	const words = ["-c", 'ulimit -f 0; exec "$@"', "sh", process.execPath, "--input-type=module", "-e", program];
	const asked = run("sh", words, { NODE_COMPILE_CACHE: "" });
	t.teardown(() => asked.end());
	t.is((await asked.exited).code, 1);
	t.true(asked.output().includes(`write '${file}'`), asked.output());
	t.deepEqual(readdirSync(folder), []);
});

test("what a killed process left of its files goes when the data folder is taken, and nothing else", async (t) => {
	const folder = ownFolder(t);
	chmodSync(folder, 0o700);
	const left = "0d6f5c0e-6f0e-4f3c-9c3e-0d5b5a3c1f11";
	const old = new Date(Date.now() - 60_000);
	for (const name of ["keys/authorities", "tls", "assets", "nats/jetstream"])
		mkdirSync(join(folder, name), { recursive: true });
	const gone = [
		`.lock.${left}`,
		`.${left}.new`,
		`keys/.${left}.new`,
		`keys/authorities/.${left}.new`,
		`tls/.${left}.new`,
		`assets/.${left}.new`,
		"log-mark.json.new",
	];
	const kept = [`.lock.${left.replace("0d", "1d")}`, `nats/jetstream/.${left}.new`, ".profile"];
	for (const name of [...gone, ...kept]) writeFileSync(join(folder, name), "");
	utimesSync(join(folder, `.lock.${left}`), old, old);
	const lock = await takeDataFolder(folder);
	t.deepEqual(
		[...gone, ...kept].filter((name) => existsSync(join(folder, name))),
		kept,
	);
	await lock.release();
});

test("a snapshot is read back as it was kept", async (t) => {
	const { snapshots, damaged, file } = snapshotsIn(ownFolder(t));
	t.is(await snapshots.load(), undefined);
	await snapshots.save({ origin: "log@1", position: 5, fleet });
	t.deepEqual(await snapshots.load(), { origin: "log@1", position: 5, fleet });
	t.is(statSync(file).mode & 0o777, 0o600);
	t.deepEqual(damaged, []);
});

test("a damaged snapshot is not used, whichever byte it is, and the reason is told", async (t) => {
	const { snapshots, damaged, file } = snapshotsIn(ownFolder(t));
	await snapshots.save({ origin: "log@1", position: 5, fleet });
	const whole = readFileSync(file);
	const lastLineEnd = whole.length - 1;
	for (let at = 0; at < lastLineEnd; at++) {
		const bytes = Buffer.from(whole);
		bytes[at] = (bytes[at] ?? 0) ^ 1;
		writeFileSync(file, bytes);
		t.is(await snapshots.load(), undefined, `byte ${at}`);
	}
	for (let length = 0; length < lastLineEnd; length += 7) {
		writeFileSync(file, whole.subarray(0, length));
		t.is(await snapshots.load(), undefined, `cut at ${length}`);
	}
	t.true(damaged.length > lastLineEnd);
	t.true(damaged.every((reason) => reason.includes(file)));
});

test("a snapshot of another version is not used", async (t) => {
	const dataFolder = ownFolder(t);
	const { snapshots, damaged } = snapshotsIn(dataFolder);
	const other = createSnapshots({
		dataFolder,
		toJson: () => ({ other: true }),
		fromJson: () => undefined,
		onDamaged: () => {},
	});
	await other.save({ origin: "log@1", position: 5, fleet });
	t.is(await snapshots.load(), undefined);
	t.regex(damaged[0] ?? "", /another version/);
});

test("a secret is for its owner alone, and one that others can read is refused", async (t) => {
	const file = join(ownFolder(t), "secret");
	t.is(await readSecret(file), undefined);
	await writeSecret(file, "s3cret");
	t.is(await readSecret(file), "s3cret");
	t.is(statSync(file).mode & 0o777, 0o600);
	chmodSync(file, 0o640);
	await t.throwsAsync(readSecret(file), { message: /others can read/ });
	writeFileSync(file, "");
	chmodSync(file, 0o600);
	await t.throwsAsync(readSecret(file), { message: /is empty/ });
});

test("the last document is read back, and one that is no document is told and not used", async (t) => {
	const folder = ownFolder(t);
	const damaged: string[] = [];
	const last = createLastDocument(folder, (reason) => damaged.push(reason));
	t.is(await last.load(), undefined);
	const document = ClusterDocument.parse(parse(readFileSync(example, "utf8")));
	await last.save(document);
	t.deepEqual(await last.load(), document);
	t.deepEqual(damaged, []);
	for (const text of ["", "{}", "[1]"]) {
		writeFileSync(join(folder, "cluster.json"), text);
		t.is(await last.load(), undefined);
	}
	t.is(damaged.length, 3);
});
