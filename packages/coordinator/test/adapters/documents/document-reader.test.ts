import { readFileSync } from "node:fs";
import test from "ava";
import { createDocumentReader } from "../../../src/adapters/documents/document-reader.ts";

/** A document that holds. */
const REHEARSAL_TEXT = readFileSync(new URL("../../../../../deploy/examples/rehearsal.yaml", import.meta.url), "utf8");

test("documents are read in a thread of its own, and the one that comes next is read as well", async (t) => {
	const reader = createDocumentReader();
	t.teardown(() => reader.close());
	t.true((await reader.parse(REHEARSAL_TEXT)).ok);
	t.like(await reader.parse("name: [1"), { ok: false, problem: { code: "document-invalid" } });
	t.true((await reader.parse(REHEARSAL_TEXT)).ok);
});

for (const [what, text] of [
	["brackets", "[".repeat(250_000)],
	["closed brackets", "[".repeat(120_000) + "]".repeat(120_000)],
	["quotes", '"'.repeat(500_000)],
	["indented maps", Array.from({ length: 1_000 }, (_, depth) => `${" ".repeat(depth)}a:`).join("\n")],
	["question marks", "? ".repeat(200_000)],
] as const) {
	test(`half a megabyte of ${what} does not hold up the loop, and is refused`, async (t) => {
		const reader = createDocumentReader(3_000);
		t.teardown(() => reader.close());
		let turns = 0;
		const counting = setInterval(() => turns++, 20);
		t.teardown(() => clearInterval(counting));
		const parsed = await reader.parse(text);
		t.false(parsed.ok);
		t.true(turns > 0, "the loop went on");
		t.true((await reader.parse(REHEARSAL_TEXT)).ok, "the next document is read");
	});
}

test("a document that takes too long is given up with a word", async (t) => {
	const reader = createDocumentReader(1);
	t.teardown(() => reader.close());
	t.like(await reader.parse(REHEARSAL_TEXT), { ok: false, problem: { code: "too-large" } });
});

test("more documents than can wait are refused at once", async (t) => {
	const reader = createDocumentReader();
	t.teardown(() => reader.close());
	const answers = await Promise.all(Array.from({ length: 20 }, () => reader.parse(REHEARSAL_TEXT)));
	const refused = answers.filter((one) => !one.ok && one.problem.code === "too-many-requests");
	t.is(refused.length, 4);
});
