import test from "ava";
import { documentOf, Story } from "./story.ts";

const workers = [{ name: "w", role: "worker", count: "rest" }] as const;

test("a document is only declared while the one that it was made from is in force", (t) => {
	const story = new Story();
	const declare = (name: string, base: ReturnType<typeof documentOf>["digest"] | null) =>
		story.take({ kind: "declare", ...documentOf(workers, { name }), by: "test", base });
	t.is(declare("first", null).kind, "ok");
	const first = documentOf(workers, { name: "first" }).digest;
	t.is(declare("second", first).kind, "ok");
	const late = declare("third", first);
	t.like(late, { kind: "problem", problem: { code: "conflict", path: "base" } });
	t.like(declare("third", null), { kind: "problem", problem: { code: "conflict" } });
	t.is(story.all("cluster-declared").length, 2);
});
