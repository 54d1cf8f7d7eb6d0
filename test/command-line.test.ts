import { spawnSync } from "node:child_process";
import test from "ava";
import { repository } from "./support/places.ts";

const FILES = { fuzz: "test/fuzz/main.ts", simulate: "test/simulator/main.ts", torture: "test/torture/main.ts" };

for (const [program, file] of Object.entries(FILES)) {
	const started = (...words: string[]) =>
		spawnSync(process.execPath, [file, ...words], { cwd: repository, encoding: "utf8" });

	test(`npm run ${program} tells its options, and names the one that it does not understand`, (t) => {
		const help = started("--help");
		t.is(help.status, 0, help.stderr);
		t.true(help.stdout.startsWith(`Usage: npm run ${program} -- `));
		const unknown = started("--bogus");
		t.is(unknown.status, 2);
		t.regex(unknown.stderr, new RegExp(`^${program}: .*--bogus`));
		const wrong = started("--seed", "x");
		t.is(wrong.status, 2);
		t.true(wrong.stderr.startsWith(`${program}: --seed: `));
		t.notRegex(unknown.stderr + wrong.stderr, /^ {4}at /m);
	});
}
