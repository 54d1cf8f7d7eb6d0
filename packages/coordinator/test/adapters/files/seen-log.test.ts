import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ownFolder } from "@rollcall/test-support/own-folder";
import test from "ava";
import { seenLog } from "../../../src/adapters/files/data-folder.ts";

test("a folder without keys never had a log, also when its first start ended before there was one", async (t) => {
	const folder = ownFolder(t);
	await seenLog(folder).begin();
	mkdirSync(join(folder, "keys"));
	t.false(await seenLog(folder).hadOther("log-1"));
	await seenLog(folder).begin();
	t.false(await seenLog(folder).hadOther("log-1"));
});

test("a folder that followed a log had another one than each that is new", async (t) => {
	const folder = ownFolder(t);
	await seenLog(folder).begin();
	mkdirSync(join(folder, "keys"));
	await seenLog(folder).save("log-1");
	await seenLog(folder).begin();
	t.false(await seenLog(folder).hadOther("log-1"));
	t.true(await seenLog(folder).hadOther("log-2"));
});

test("keys without a note of a log were put back from a copy: the log of before is lost", async (t) => {
	const folder = ownFolder(t);
	await seenLog(folder).begin();
	mkdirSync(join(folder, "keys"));
	await seenLog(folder).save("log-1");
	rmSync(join(folder, "log-origin"));
	await seenLog(folder).begin();
	t.true(await seenLog(folder).hadOther("log-2"));
});
