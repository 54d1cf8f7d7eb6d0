import { readFileSync } from "node:fs";
import test from "ava";
import { PATCHED_VERSIONS, type ServerVersion, tooOld, unpatched } from "../../../src/adapters/nats/server-versions.ts";

const text = readFileSync(new URL("../../../../../docs/security.md", import.meta.url), "utf8");
const [section = ""] = text.split("## Units and programs")[1]?.split("\n## ") ?? [];
/** From which patch on each line is told to be patched; undefined: never. */
const told = new Map(
	[...section.matchAll(/^\| ([0-9., ]+) \| (.+?) \|/gm)].flatMap(([, lines = "", from = ""]) =>
		lines.split(", ").map((line) => [line, /^\d+\.\d+\.(\d+)$/.exec(from)?.[1]] as const),
	),
);
const version = (line: string, patch: number): ServerVersion => {
	const [major = 0, minor = 0] = line.split(".").map(Number);
	return [major, minor, patch];
};

test("docs/security.md tells of every line of nats-server that is used from which patch on nobody is warned", (t) => {
	t.deepEqual([...told.keys()].sort(), ["2.10", "2.11", "2.12", "2.13", "2.14"]);
	for (const [line, from] of told) {
		t.is(tooOld(version(line, 0)), undefined, line);
		for (let patch = 0; patch < 200; patch++)
			t.is(
				unpatched(version(line, patch)) === undefined,
				from !== undefined && patch >= Number(from),
				`${line}.${patch}`,
			);
	}
	t.regex(section, /^\| newer \| from the first \|/m);
	for (const line of ["2.15", "2.99", "3.0"]) t.is(unpatched(version(line, 0)), undefined, line);
});

test("what is older than docs/security.md says is refused, and nothing newer", (t) => {
	const [, oldest = ""] = /\*\*nats-server\*\* below (\d+\.\d+) is refused/.exec(section) ?? [];
	const [major, minor] = version(oldest, 0);
	t.true(minor > 0);
	for (let patch = 0; patch < 100; patch++) {
		t.is(tooOld([major, minor - 1, patch]), "too old");
		t.is(tooOld([major, minor, patch]), undefined);
	}
	t.is(tooOld([major - 1, 99, 99]), "too old");
	t.is(tooOld([major + 1, 0, 0]), undefined);
});

test("what people are told to install is the patched versions of that table", (t) => {
	const patched = [...told].flatMap(([line, from]) => (from === undefined ? [] : [`${line}.${from}`]));
	t.is(PATCHED_VERSIONS, `${patched.join(", ")} or newer`);
});
