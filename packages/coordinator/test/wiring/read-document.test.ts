import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { ConfigError } from "../../src/config.ts";
import { readConfig } from "../../src/wiring/read-config.ts";
import { readDocument } from "../../src/wiring/read-document.ts";

test("a document or configuration that cannot be read is refused with its file and a plain reason", async (t) => {
	const folder = await mkdtemp(join(tmpdir(), "rollcall-read-document-"));
	t.teardown(() => rm(folder, { recursive: true, force: true }));
	const binary = join(folder, "binary");
	await writeFile(binary, Buffer.of(1, 0, 2));
	const two = join(folder, "two.yaml");
	await writeFile(two, "dataFolder: /x\n---\ndataFolder: /y\n");
	const cases: [string, RegExp][] = [
		[folder, /it is a folder, not a file/],
		[join(folder, "none"), /there is no such file/],
		[binary, /it is a binary file/],
	];
	for (const [file, reason] of cases) {
		const error = await t.throwsAsync(readDocument(file, "the boot document"), { instanceOf: ConfigError });
		t.true(error.message.startsWith(`the boot document ${file} cannot be read: `));
		t.regex(error.message, reason);
		t.regex(t.throws(() => readConfig(file), { instanceOf: ConfigError }).message, reason);
	}
	t.regex(
		t.throws(() => readConfig(two), { instanceOf: ConfigError }).message,
		/two\.yaml: line 2, column 1: a second document begins here \(one file holds one document/,
	);
});
