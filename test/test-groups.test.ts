import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import test from "ava";
import { testFiles } from "../scripts/test-groups.ts";
import { repository } from "./support/places.ts";

const folder = join(repository, ".cache/test-groups");

/** What a group's file imports, from the project's folder. */
function importsOf(group: string): string[] {
	const text = readFileSync(group, "utf8");
	return [...text.matchAll(/^import "(.+)";$/gm)].map(([, path = ""]) =>
		resolve(dirname(group), path).slice(repository.length + 1),
	);
}

test("each test that shares a process is run once: by its group where all are run, else by itself", (t) => {
	const patterns = testFiles([]);
	const left = new Set(patterns.filter((one) => one.startsWith("!")).map((one) => one.slice(1)));
	const groups = patterns.filter((one) => one.startsWith(".cache/"));
	const run = groups.flatMap((group) => importsOf(join(repository, group)));
	t.deepEqual(run.sort(), [...left].sort());
	t.is(new Set(run).size, run.length);
	t.true(run.length > 150, String(run.length));
	t.deepEqual(readdirSync(folder).sort(), groups.map((group) => group.slice(".cache/test-groups/".length)).sort());
	for (const words of [["packages/coordinator/test/domain"], ["--serial", "test/docs.test.ts"]])
		t.false(
			testFiles(words).some((one) => one.startsWith("!") || one.startsWith(".cache/")),
			String(words),
		);
	t.true(testFiles(["--serial", groups[0] ?? ""]).includes(".cache/test-groups/*.test.ts"));
});

test("no file with a program, a hook or a process's own state shares a process", (t) => {
	for (const file of testFiles([]).filter((one) => one.startsWith("!"))) {
		const text = readFileSync(join(repository, file.slice(1)), "utf8");
		t.notRegex(text, /node:child_process|test\.(?:before|after)|process\.(?:env|chdir)|testNeeding/, file);
	}
});

test("titles differ within a room whose files share processes, since AVA takes none twice of one process", (t) => {
	const seen = new Map<string, string>();
	for (const file of testFiles([]).filter((one) => one.startsWith("!"))) {
		const [, name, , folder] = file.split("/");
		const room = name === "cli" ? name : folder?.endsWith(".ts") ? "others" : folder;
		for (const [, title] of readFileSync(join(repository, file.slice(1)), "utf8").matchAll(/^test\(\s*"(.+?)",/gm)) {
			t.is(seen.get(`${room} ${title}`), undefined, file);
			seen.set(`${room} ${title}`, file);
		}
	}
});
