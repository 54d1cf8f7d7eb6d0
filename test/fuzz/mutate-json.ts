import type { Random } from "../simulator/random.ts";
import { mutateText } from "./mutate-text.ts";
import { HOSTILE_TEXTS } from "./tokens.ts";

const LEAVES: readonly unknown[] = [
	...[null, true, false, 0, -1, 1, 0.5, 1e308, -1e308, 2 ** 53, 2 ** 31, -(2 ** 63), 1e-320, 65_536],
	...[
		[],
		{},
		[[]],
		[null],
		{ toString: 1 },
		{ valueOf: null, toString: null },
		{ length: -1 },
		{ length: 1e9 },
		"",
		"x",
	],
];

/** The input with its JSON changed at one place; undefined where it is none. `other`: where parts may come from. */
export function mutateJson(bytes: Uint8Array, other: Uint8Array, random: Random): Uint8Array | undefined {
	const value = parsed(bytes);
	if (value === undefined) return undefined;
	const donor = parsed(other);
	const places = placesOf(value);
	const place = random.pick(places);
	const changed = changedAt(value, place, (part) => newPart(part, donor, random), random);
	return Buffer.from(JSON.stringify(changed) ?? "null");
}

function newPart(part: unknown, donor: unknown, random: Random): unknown {
	// JSON within a text, such as a file of a folder.
	if (typeof part === "string" && part.startsWith("{") && random.chance(0.7)) {
		const inner = mutateJson(Buffer.from(part), Buffer.from(part), random);
		if (inner) return Buffer.from(inner).toString("utf8");
	}
	if (typeof part === "string" && random.chance(0.6)) return mutateText(part, random);
	if (typeof part === "number" && random.chance(0.5))
		return random.pick([part + 1, part - 1, -part, part / 3, part * 1e9, String(part)]);
	switch (random.int(0, 4)) {
		case 0:
			return random.pick(LEAVES);
		case 1:
			return random.pick(HOSTILE_TEXTS);
		case 2:
			return donor === undefined ? null : at(donor, random.pick(placesOf(donor)));
		case 3:
			return Array.isArray(part) ? Array.from({ length: random.int(0, 70) }, () => part[0] ?? null) : [part];
		default:
			return nested(part, random.int(1, 200));
	}
}

function nested(value: unknown, depth: number): unknown {
	let now = value;
	for (let level = 0; level < depth; level++) now = level % 2 === 0 ? [now] : { a: now };
	return now;
}

/** A copy with the part at a place replaced, left out, doubled, or with another name. */
function changedAt(
	value: unknown,
	place: readonly string[],
	change: (part: unknown) => unknown,
	random: Random,
): unknown {
	const [key, ...rest] = place;
	if (key === undefined) return change(value);
	if (Array.isArray(value)) {
		const index = Number(key);
		if (rest.length > 0) return value.with(index, changedAt(value[index], rest, change, random));
		const how = random.int(0, 3);
		if (how === 0) return value.toSpliced(index, 1);
		return how === 1 ? value.toSpliced(index, 0, value[index]) : value.with(index, change(value[index]));
	}
	const how = rest.length > 0 ? 9 : random.int(0, 5);
	const entries = Object.entries(value as object).flatMap(([name, part]): [string, unknown][] => {
		if (name !== key) return [[name, part]];
		if (rest.length > 0) return [[name, changedAt(part, rest, change, random)]];
		if (how === 0) return [];
		if (how === 1) return [[random.pick(HOSTILE_TEXTS), part]];
		if (how === 2)
			return [
				[name, part],
				[mutateText(name, random), change(part)],
			];
		return [[name, change(part)]];
	});
	return ownEntries(entries);
}

/** An object in which `__proto__` is a field as any other, as JSON.parse makes it. */
function ownEntries(entries: readonly (readonly [string, unknown])[]): object {
	const made = {};
	for (const [name, value] of entries)
		Object.defineProperty(made, name, { value, enumerable: true, configurable: true, writable: true });
	return made;
}

/** The ways to all parts of a value, its own first; no more than 2000. */
function placesOf(value: unknown): string[][] {
	const places: string[][] = [[]];
	for (let index = 0; index < places.length && places.length < 2000; index++) {
		const place = places[index] ?? [];
		const part = at(value, place);
		if (typeof part === "object" && part !== null) for (const key of Object.keys(part)) places.push([...place, key]);
	}
	return places;
}

function at(value: unknown, place: readonly string[]): unknown {
	return place.reduce<unknown>((part, key) => (part as Record<string, unknown>)[key], value);
}

function parsed(bytes: Uint8Array): unknown {
	try {
		return JSON.parse(Buffer.from(bytes).toString("utf8"));
	} catch {
		return undefined;
	}
}
