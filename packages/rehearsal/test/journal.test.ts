import { mock } from "node:test";
import test from "ava";
import { createJournal } from "../src/init/journal.ts";

test.serial("lines older than asked for stay away, and what follows is read on by the cursor", (t) => {
	mock.timers.enable({ apis: ["Date"], now: Date.UTC(2026, 10, 2, 8) });
	t.teardown(() => mock.timers.reset());
	const journal = createJournal("b");
	journal.write("k.service", "old");
	mock.timers.tick(60_000);
	journal.write("k.service", "new");
	const texts = (lines: readonly string[]) => lines.map((line) => line.replace(/^\S+ /, ""));
	t.deepEqual(texts(journal.read({ lines: 9 }).lines), ["k.service: old", "k.service: new"]);
	const { lines, cursor } = journal.read({ lines: 9, sinceSeconds: 30 });
	t.deepEqual(texts(lines), ["k.service: new"]);
	journal.write("k.service", "newer");
	t.deepEqual(texts(journal.read({ lines: 9, cursor }).lines), ["k.service: newer"]);
});
