import { execFileSync } from "node:child_process";
import { closeSync, constants, openSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { withDeadline } from "@rollcall/test-support/eventually";
import { ownFolder } from "@rollcall/test-support/own-folder";
import test from "ava";
import { addAgent } from "../../../src/adapters/boot/agent-program.ts";
import { blobPath } from "../../../src/adapters/boot/blob-damage.ts";
import { Assets } from "../../../src/adapters/boot/index.ts";

/** The beginning of an ELF file for x86-64 (elf(5)), and something behind it. */
function program(text: string): Buffer {
	const header = Buffer.alloc(64);
	header.writeUInt32BE(0x7f454c46, 0);
	header.writeUInt16LE(62, 18);
	return Buffer.concat([header, Buffer.from(text)]);
}

test("compressing the agent is said before and after, and done once for each program", async (t) => {
	const folder = ownFolder(t, "rollcall-agent-test-");
	const file = join(folder, "agent");
	const store = join(folder, "assets");
	const said: string[] = [];
	const log = { info: (_: object, text: string) => void said.push(text) };
	const add = async () => addAgent(await Assets.open(store), file, log as never);
	const once = [/is being compressed .* once; this takes some seconds/, /is ready for machines/];
	const expectSaid = (expected: readonly RegExp[]) => {
		t.is(said.length, expected.length);
		for (const [index, words] of expected.entries()) t.regex(said[index] ?? "", words);
		said.length = 0;
	};
	await writeFile(file, program("one"));
	await add();
	expectSaid(once);
	await add();
	expectSaid([]);
	await writeFile(file, program("two"));
	await add();
	expectSaid(once);
});

test("a pipe in place of the agent is refused by the setting's name, and keeps nobody waiting", async (t) => {
	const folder = ownFolder(t, "rollcall-agent-test-");
	const file = join(folder, "agent");
	execFileSync("mkfifo", [file]);
	t.teardown(() => closeSync(openSync(file, constants.O_RDWR | constants.O_NONBLOCK)));
	const added = addAgent(await Assets.open(join(folder, "assets")), file, { info() {}, warn() {} });
	await t.throwsAsync(withDeadline("an end", added), {
		message: `boot.agent: the agent ${file} cannot be read: it is a pipe, not a file`,
	});
});

test("a damaged agent among the assets is made anew of the program; one of another architecture is told, and keeps nobody from starting", async (t) => {
	const folder = ownFolder(t, "rollcall-agent-test-");
	const [file, store] = [join(folder, "agent"), join(folder, "assets")];
	const said: string[] = [];
	const log = { info: () => {}, warn: (text: string) => void said.push(text) };
	await writeFile(file, program("one"));
	const assets = await Assets.open(store);
	await assets.add({ name: "rollcall/agent-arm64.gz", source: { file }, expect: {} });
	const first = await addAgent(assets, file, log as never);
	t.deepEqual([...first.keys()], ["x64"]);
	const blob = blobPath(store, assets.find("rollcall/agent-x64.gz")?.sha256 ?? "");
	for (const harm of [
		() => writeFile(blob, "cut"),
		async () => void execFileSync("sh", ["-c", 'rm "$0"; mkfifo "$0"', blob]),
		async () => void execFileSync("sh", ["-c", 'rm "$0"; mkdir -p "$0/inside"', blob]),
	]) {
		await harm();
		const again = addAgent(await Assets.open(store), file, log as never);
		t.deepEqual(await withDeadline("an end", again), first);
	}
	t.true(
		said.every((text) => /^machines do not get this agent: rollcall\/agent-(arm64|x64).gz: .*; add it/.test(text)),
		said.join(),
	);
});
