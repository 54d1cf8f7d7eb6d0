import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { ownFolder } from "@rollcall/test-support/own-folder";
import fc, { codePoint } from "@rollcall/test-support/properties";
import test, { type ExecutionContext } from "ava";
import { extract, pack } from "tar-stream";
import { tarEntries } from "../src/adapters/files/tar-entries.ts";

/** One regular file `good` with these records in its extended header. */
async function archiveOf(records: Readonly<Record<string, string>>): Promise<Buffer> {
	const archive = pack();
	archive.entry({ name: "good", pax: { ...records } }, "content");
	archive.finalize();
	return await buffer(archive);
}

/** The names and contents that the agent finds. */
async function read(t: ExecutionContext, bytes: Buffer): Promise<[string, string][]> {
	const path = join(ownFolder(t), "archive.tar");
	writeFileSync(path, bytes);
	const found: [string, string][] = [];
	for await (const { name, content } of tarEntries(path, 1024 * 1024)) {
		const pieces: Buffer[] = [];
		for await (const piece of content) pieces.push(piece);
		found.push([name, Buffer.concat(pieces).toString()]);
	}
	return found;
}

/** The same, found by the library that the coordinator and the command line read archives with. */
async function readByLibrary(bytes: Buffer): Promise<[string, string][]> {
	const reader = extract();
	reader.end(bytes);
	const found: [string, string][] = [];
	for await (const entry of reader) found.push([entry.header.name, (await buffer(entry)).toString()]);
	return found;
}

test("a comment in an extended header is not taken for a path, whatever it says", async (t) => {
	const bytes = await archiveOf({ comment: "first\n12 path=evil\nlast" });
	t.deepEqual(await read(t, bytes), [["good", "content"]]);
	await fc.assert(
		fc.asyncProperty(fc.string({ unit: codePoint, minLength: 1, maxLength: 60 }), async (text) => {
			const comment = `${text}\n${Buffer.byteLength(text) + 9} path=evil\n${text}`;
			const one = await archiveOf({ comment });
			const found = await read(t, one);
			return found.length === 1 && found[0]?.[0] === "good" && (await readByLibrary(one))[0]?.[0] === "good";
		}),
		{ numRuns: 50 },
	);
});

test("path and size of an extended header count, as for other readers", async (t) => {
	const bytes = await archiveOf({ path: "another", size: "4" });
	// tar-stream has written all seven bytes; whoever heeds the size reads four and passes over the rest of the block.
	t.deepEqual(await read(t, bytes), [["another", "cont"]]);
	t.deepEqual(await readByLibrary(bytes), [["another", "cont"]]);
});

test("an extended header whose records are not as long as they say is refused", async (t) => {
	for (const wrong of ["16 path=evil\n", "xx path=evil\n", "0 path=evil\n", "12 path evil\n", "13 path=evil "]) {
		const bytes = await archiveOf({ comment: "c".repeat(50) });
		const at = bytes.indexOf("comment=") - 3;
		bytes.fill(wrong.padEnd(62, "x"), at, at + 62);
		await t.throwsAsync(read(t, bytes), { name: "TarError", message: /extended header cannot be read/ }, wrong);
	}
});
