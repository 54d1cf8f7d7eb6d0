import type { Random } from "../simulator/random.ts";
import { HOSTILE_TEXTS, tokensOf } from "./tokens.ts";

/** A text with one of its words, or a place in it, changed. */
export function mutateText(text: string, random: Random, others: readonly string[] = []): string {
	const words = tokensOf(text);
	const word = (): string => random.pick([...HOSTILE_TEXTS, ...others, ...(words.length > 0 ? words : [""])]);
	const at = random.int(0, text.length);
	const end = Math.min(text.length, at + random.int(0, 24));
	switch (random.int(0, 5)) {
		case 0: {
			const found = words.length > 0 ? random.pick(words) : "";
			return found === "" ? word() : text.replace(found, () => word());
		}
		case 1:
			return text.slice(0, at) + word() + text.slice(at);
		case 2:
			return text.slice(0, at) + text.slice(end);
		case 3:
			return text.slice(0, end) + text.slice(at, end).repeat(random.int(1, 40)) + text.slice(end);
		case 4: {
			const lines = text.split("\n");
			const [from, to] = [random.int(0, lines.length - 1), random.int(0, lines.length - 1)];
			lines.splice(to, random.int(0, 1), lines[from] ?? "");
			return lines.join("\n");
		}
		default:
			return text.slice(0, at);
	}
}
