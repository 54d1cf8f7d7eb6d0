import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Inputs that once broke a parser; they are fed first in every run. */
export function keptInputs(folder: string, parser: string): Buffer[] {
	let names: string[];
	try {
		names = readdirSync(join(folder, parser)).sort();
	} catch {
		return [];
	}
	return names.map((name) => readFileSync(join(folder, parser, name)));
}

/** Keeps an input; returns its path. */
export function keepInput(
	folder: string,
	{ parser, name, input }: { parser: string; name: string; input: Uint8Array },
): string {
	mkdirSync(join(folder, parser), { recursive: true });
	const file = join(folder, parser, name);
	writeFileSync(file, input);
	return file;
}
