import { MAX_AGENT_MESSAGE_BYTES, readJson } from "@rollcall/protocol";
import fc from "@rollcall/test-support/properties";
import type { z } from "zod";

const bytes = new TextEncoder();

/** What no field of ours expects, or not here. */
const LEAVES = fc.oneof(
	fc.constantFrom<unknown>(
		null,
		true,
		-1,
		0.5,
		1e308,
		Number.MAX_SAFE_INTEGER + 1,
		"",
		"\u0000",
		"..",
		"*",
		">",
		[],
		{},
	),
	fc.constantFrom("x".repeat(5_000), "$JS.API.>", "rollcall.v1.up.*.hello", "__proto__", "\ud800", "NaN"),
	fc.jsonValue(),
);

/** A copy with one thing wrong at a place by chance: a leaf of another kind, a field gone, or a field too many. */
function spoilt(value: unknown): fc.Arbitrary<unknown> {
	const places = placesOf(value);
	return fc
		.tuple(fc.constantFrom(...places), fc.constantFrom("replace", "remove", "add"), LEAVES)
		.map(([place, how, leaf]) => {
			const copy = structuredClone(value);
			const parent = place.slice(0, -1).reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], copy);
			const key = place.at(-1) ?? "";
			const holder = parent as Record<string, unknown>;
			if (how === "replace") holder[key] = leaf;
			else if (how === "remove") delete holder[key];
			else holder[`${key}-too-many`] = leaf;
			return copy;
		});
}

/** The ways to all fields of a value, however deep. */
function placesOf(value: unknown, at: readonly string[] = []): string[][] {
	if (typeof value !== "object" || value === null) return [];
	return Object.entries(value).flatMap(([key, part]) => [[...at, key], ...placesOf(part, [...at, key])]);
}

function isValid(schema: z.ZodType, payload: Uint8Array): boolean {
	try {
		const read = readJson(new TextDecoder("utf-8", { fatal: true }).decode(payload));
		return read.ok && schema.safeParse(read.value).success;
	} catch {
		return false;
	}
}

/** A good message with a name that it has already, or with one that no schema sees. */
function withOneMore(good: object): fc.Arbitrary<string> {
	const written = JSON.stringify(good);
	return fc.constantFrom(...Object.keys(good), "__proto__").map((name) => `{"${name}":null,${written.slice(1)}`);
}

/** Messages that are none: bytes, JSON of another shape, a good message spoilt or cut off, and now and then one too large. */
export function malformed(schema: z.ZodType, good: object): fc.Arbitrary<Uint8Array> {
	const whole = bytes.encode(JSON.stringify(good));
	return fc
		.oneof(
			{ arbitrary: spoilt(good).map((value) => bytes.encode(JSON.stringify(value))), weight: 12 },
			{ arbitrary: fc.integer({ min: 0, max: whole.length - 1 }).map((end) => whole.slice(0, end)), weight: 3 },
			{ arbitrary: withOneMore(good).map((text) => bytes.encode(text)), weight: 3 },
			{ arbitrary: fc.jsonValue().map((value) => bytes.encode(JSON.stringify(value))), weight: 3 },
			{ arbitrary: fc.uint8Array({ maxLength: 200 }), weight: 3 },
			{
				arbitrary: fc
					.constantFrom("[".repeat(60_000), `${"[".repeat(50_000)}${"]".repeat(50_000)}`, `{"a":${"{".repeat(9_000)}`)
					.map((text) => bytes.encode(text)),
				weight: 1,
			},
			{
				arbitrary: fc
					.integer({ min: 1, max: 800_000 })
					.map((more) => new Uint8Array(MAX_AGENT_MESSAGE_BYTES + more).fill(32)),
				weight: 1,
			},
		)
		.filter((payload) => !isValid(schema, payload));
}
