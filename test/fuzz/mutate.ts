import type { Random } from "../simulator/random.ts";
import { mutateJson } from "./mutate-json.ts";
import { mutateText } from "./mutate-text.ts";
import { tokensOf } from "./tokens.ts";

/** No input is larger, in bytes. */
const MOST_BYTES = 64 * 1024;
const MOST_STEPS = 6;

/** An input made of seeds by chance: bytes, words or the structure of JSON are changed, a few times over. */
export function mutate(seeds: readonly Uint8Array[], random: Random): Uint8Array {
	let bytes: Uint8Array = random.pick(seeds);
	const steps = 1 + Math.floor(random.next() ** 2 * MOST_STEPS);
	for (let step = 0; step < steps; step++) bytes = once(bytes, random.pick(seeds), random).slice(0, MOST_BYTES);
	return bytes;
}

function once(bytes: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
	const kind = random.next();
	if (kind < 0.55) {
		const changed = mutateJson(bytes, other, random);
		if (changed) return changed;
	}
	return kind < 0.8 ? changedText(bytes, other, random) : changedBytes(bytes, other, random);
}

function changedText(bytes: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
	// One byte stays one character, so that what is no UTF-8 is kept.
	const words = tokensOf(Buffer.from(other).toString("latin1"));
	const text = mutateText(Buffer.from(bytes).toString("latin1"), random, words.slice(0, 64));
	return [...text].some((one) => (one.codePointAt(0) ?? 0) > 255)
		? Buffer.from(text, "utf8")
		: Buffer.from(text, "latin1");
}

function changedBytes(bytes: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
	const copy = Buffer.from(bytes);
	const at = random.int(0, Math.max(0, copy.length - 1));
	switch (random.int(0, 4)) {
		case 0:
			if (copy.length > 0) copy[at] = (copy[at] ?? 0) ^ (1 << random.int(0, 7));
			return copy;
		case 1:
			if (copy.length > 0) copy[at] = random.pick([0, 0x0a, 0x20, 0x22, 0x30, 0x5c, 0x7f, 0x80, 0xc0, 0xff]);
			return copy;
		case 2:
			return Buffer.concat([copy.subarray(0, at), Buffer.from(other).subarray(random.int(0, other.length))]);
		case 3:
			return Buffer.concat([copy.subarray(0, at), copy.subarray(at + random.int(1, 64))]);
		default:
			return Buffer.concat([copy.subarray(0, at), copy.subarray(at, at + 64), copy.subarray(at)]);
	}
}
