import { spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdir, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "ava";
import { pack } from "tar-stream";
import { chunksOf } from "../src/api/assets.ts";
import { assetsFrom } from "../src/assets/sources.ts";
import { readingLine } from "../src/commands/reading-line.ts";
import type { Session } from "../src/session.ts";
import { coordinatorWith, runCli, temporaryFolder } from "./support/cli.ts";

const LONG = `${"deep/".repeat(30)}${"name".repeat(20)}`;

const UNSIGNED = { prefix: "", keys: undefined, required: false, onUnchecked: () => {} };

async function collect(path: string, prefix = ""): Promise<Record<string, string>> {
	const found: Record<string, string> = {};
	for await (const { name, content, sizeBytes } of assetsFrom(path, { ...UNSIGNED, prefix })) {
		const parts: Buffer[] = [];
		for await (const part of content) parts.push(part);
		const bytes = Buffer.concat(parts);
		if (bytes.length !== sizeBytes) throw new Error(`${name} has ${bytes.length} bytes, not ${sizeBytes}`);
		found[name] = createHash("sha256").update(bytes).digest("hex");
	}
	return found;
}

test("a folder and every kind of tar archive of it bring the same files", async (t) => {
	const folder = await temporaryFolder(t);
	const tree = join(folder, "tree");
	const files = { "os/kernel": randomBytes(3_000_000), "os/empty": Buffer.alloc(0), [LONG]: randomBytes(700) };
	for (const [name, bytes] of Object.entries(files)) {
		await mkdir(join(tree, name, ".."), { recursive: true });
		await writeFile(join(tree, name), bytes);
	}
	const expected = Object.fromEntries(
		Object.entries(files).map(([name, bytes]) => [`lab/${name}`, createHash("sha256").update(bytes).digest("hex")]),
	);
	t.deepEqual(await collect(tree, "lab"), expected);
	for (const format of ["gnu", "pax", "posix", "ustar"]) {
		const archive = join(folder, `${format}.tar.gz`);
		const made = spawnSync("tar", ["-C", tree, `--format=${format}`, "-czf", archive, "."], { encoding: "utf8" });
		t.is(made.status, 0, made.stderr);
		t.deepEqual(await collect(archive, "lab/"), expected, format);
	}
});

test("how far the reading of a folder's files is is shown on a terminal, not in a pipe and not beside JSON", async (t) => {
	const folder = await temporaryFolder(t);
	await writeFile(join(folder, "kernel"), "x");
	await truncate(join(folder, "kernel"), 20 * 2 ** 20);
	const shownOn = async ({ isTerminal = false, json = false }) => {
		const texts: string[] = [];
		const err = { isTerminal, control: () => undefined, write: (text: string) => texts.push(text) };
		const reading = readingLine({ json, err } as unknown as Session);
		for await (const file of assetsFrom(folder, { ...UNSIGNED, reading })) t.is(file.sizeBytes, 20 * 2 ** 20);
		return texts;
	};
	const shown = ["kernel: reading 8 MiB of 20 MiB (40%)", "kernel: reading 16 MiB of 20 MiB (80%)"];
	t.deepEqual(await shownOn({ isTerminal: true }), shown);
	t.deepEqual(await shownOn({}), []);
	t.deepEqual(await shownOn({ isTerminal: true, json: true }), []);
});

test("checksums that come along are held against the files", async (t) => {
	const tree = await temporaryFolder(t);
	await writeFile(join(tree, "kernel"), "abc");
	await writeFile(join(tree, "SHA256SUMS"), `${"0".repeat(64)}  ./kernel\n`);
	await t.throwsAsync(collect(tree), { message: /kernel: its SHA-256 is ba7816bf.*, and SHA256SUMS says 0{64}/ });
	const archive = join(await temporaryFolder(t), "a.tar");
	t.is(spawnSync("tar", ["-C", tree, "-cf", archive, "."]).status, 0);
	for await (const file of assetsFrom(archive, UNSIGNED)) t.is(file.sha256, "0".repeat(64));
});

test("what is no archive, is cut off, or has a name that cannot be one is refused", async (t) => {
	const folder = await temporaryFolder(t);
	const file = join(folder, "x");
	await writeFile(file, randomBytes(2048));
	await t.throwsAsync(collect(file), { message: /x: it is not a whole tar archive: Invalid tar header/ });
	const tree = await temporaryFolder(t);
	await writeFile(join(tree, "a b"), "x");
	await t.throwsAsync(collect(tree), { message: /a b: an asset's name is made of/ });
	await writeFile(join(tree, "a b"), randomBytes(20_000));
	const whole = spawnSync("tar", ["-C", tree, "-cf", "-", "--transform=s/ /-/", "a b"]).stdout;
	await writeFile(file, whole.subarray(0, 5000));
	await t.throwsAsync(collect(file), { message: /x: it is not a whole tar archive: Unexpected end of data/ });
});

test("a comment that looks like a path is no path", async (t) => {
	const file = join(await temporaryFolder(t), "comment.tar");
	const archive = pack();
	archive.entry({ name: "good", pax: { comment: "first\n12 path=evil\nlast" } }, "content");
	archive.finalize();
	await writeFile(file, archive as AsyncIterable<Uint8Array>);
	t.deepEqual(spawnSync("tar", ["-tf", file], { encoding: "utf8" }).stdout, "good\n");
	t.deepEqual(Object.keys(await collect(file)), ["good"]);
});

test("content is cut into pieces of one size, whatever it comes in", async (t) => {
	async function* source() {
		for (const length of [1, 10, 3, 25]) yield Buffer.alloc(length, length);
	}
	const lengths: number[] = [];
	const all: Buffer[] = [];
	for await (const chunk of chunksOf(source(), 8)) {
		lengths.push(chunk.length);
		all.push(chunk);
	}
	t.deepEqual(lengths, [8, 8, 8, 8, 7]);
	const whole: Buffer[] = [];
	for await (const part of source()) whole.push(part);
	t.deepEqual(Buffer.concat(all), Buffer.concat(whole));
});

test("a folder, a file that is not there and an address of another kind are refused with the step that helps", async (t) => {
	const { api, env } = await coordinatorWith(t, {});
	const folder = await temporaryFolder(t);
	const cases: [string, RegExp][] = [
		[folder, /it is a folder\n {2}next: rollcall assets add --from \S+ adds all that is in it/],
		[join(folder, "none"), /there is no such file\n {2}next: name a file/],
		[
			"ftp://mirror.example/x",
			/only http and https are fetched\n {2}next: fetch it yourself, then: rollcall assets add os\/x FILE/,
		],
		["http://mirror.example/x", /needs --sha256, --sha512 or --signature\n {2}next: /],
	];
	for (const [what, refusal] of cases) {
		const { code, stderr } = await runCli(t, ["assets", "add", "os/x", what], env);
		t.is(code, 2);
		t.regex(stderr, refusal);
	}
	t.deepEqual(api.seen, []);
});
