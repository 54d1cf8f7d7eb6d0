import { truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ownFolder } from "@rollcall/test-support/own-folder";
import test from "ava";
import { readConfig } from "../../../src/adapters/files/read-config.ts";
import { readDocument } from "../../../src/adapters/files/read-document.ts";
import { ConfigError } from "../../../src/errors.ts";

test("a document or configuration that cannot be read is refused with its file and a plain reason", async (t) => {
	const folder = ownFolder(t, "rollcall-read-document-");
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

test("of a document or configuration no more is read than it may have", async (t) => {
	const file = join(ownFolder(t, "rollcall-read-document-"), "large");
	await writeFile(file, "");
	await truncate(file, 64 * 2 ** 20);
	await t.throwsAsync(readDocument(file, "the boot document"), {
		message: `the boot document ${file} cannot be read: it has more than 4096 KiB`,
	});
	t.throws(() => readConfig("/dev/zero"), { instanceOf: ConfigError, message: "/dev/zero: it has more than 1024 KiB" });
});
