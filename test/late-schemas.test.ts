import * as protocol from "@rollcall/protocol";
import test from "ava";
import { z } from "zod";
import { bundled } from "./support/late-bundle.ts";

/** All that a schema was made of, as plain values. */
function parts(value: unknown, depth = 0): unknown {
	if (depth > 24) return "deeper";
	if (typeof value === "function") return "function";
	if (typeof value !== "object" || value === null || value instanceof RegExp) return value;
	const { _zod: inner } = value as { _zod?: { def: object } };
	if (inner) return parts(inner.def, depth + 1);
	if (Array.isArray(value)) return value.map((one) => parts(one, depth + 1));
	return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, parts(one, depth + 1)]));
}

const isSchema = (value: unknown): boolean => value instanceof z.ZodType;

test("a schema that is made late is that of the sources, and reads the same", async (t) => {
	const { exports } = await bundled("packages/protocol/src/index.ts");
	const names = Object.entries(protocol).flatMap(([name, value]) => (isSchema(value) ? [name] : []));
	t.true(names.length > 200);
	for (const name of names) {
		const [late, schema] = [exports, protocol].map((all) => (all as Record<string, unknown>)[name] as z.ZodType);
		for (const value of [undefined, null, "", "name", 7, {}, [], { kind: "ok" }, { kind: "fenced", reason: "" }])
			t.deepEqual(late?.safeParse(value), schema?.safeParse(value), name);
		t.true(isSchema(late), name);
		t.deepEqual(parts(late), parts(schema), name);
	}
});

test("a schema that is not made yet can be part of another one", async (t) => {
	const { Name, EtcdMemory } = (await bundled("packages/protocol/src/index.ts")).exports as unknown as typeof protocol;
	t.deepEqual(z.strictObject({ names: z.array(Name), last: Name.optional() }).parse({ names: ["one"] }), {
		names: ["one"],
	});
	t.false(z.union([EtcdMemory, Name]).safeParse("-").success);
});

test("an agent makes no schema when it starts", async (t) => {
	const { made } = await bundled("packages/agent/src/run.ts");
	t.is(made, 0);
});
