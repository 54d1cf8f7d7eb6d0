import { readFileSync, statSync } from "node:fs";
import { commandLine, descendantsOf, environmentOf } from "@rollcall/test-support/process-table";
import { filesBelow } from "./secrets.ts";

/** A secret that is looked for where it must not be. `name` is for the message of a test that fails. */
export interface Canary {
	readonly name: string;
	readonly secret: string;
}

/** Shorter texts would be found by chance. */
const LEAST_CHARACTERS = 16;

/** How a secret may look elsewhere: as it is, in hex, and in base64 whatever stands before it. What stands around its ends is cut off. */
function needlesOf({ name, secret }: Canary): string[] {
	const bytes = Buffer.from(secret);
	if (bytes.length < LEAST_CHARACTERS) throw new Error(`the canary ${name} is too short to be looked for`);
	const inBase64 = [0, 1, 2].flatMap((before) => {
		const text = Buffer.concat([Buffer.alloc(before), bytes])
			.toString("base64")
			.replaceAll("=", "");
		const core = text.slice(before === 0 ? 0 : 4, -2);
		return [core, core.replaceAll("+", "-").replaceAll("/", "_")];
	});
	return [secret, bytes.toString("hex"), JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret), ...inBase64];
}

/** Looks for canaries in texts and files, and remembers where it found which. */
export class CanaryHunt {
	readonly #needles: readonly { readonly name: string; readonly needle: Buffer }[];
	readonly #found = new Set<string>();
	#looked = 0;

	constructor(canaries: readonly Canary[]) {
		this.#needles = canaries.flatMap((canary) =>
			needlesOf(canary).map((needle) => ({ name: canary.name, needle: Buffer.from(needle) })),
		);
	}

	/** Names of the canaries in it. */
	in(content: string | Buffer): string[] {
		this.#looked++;
		const bytes = typeof content === "string" ? Buffer.from(content) : content;
		return [...new Set(this.#needles.filter(({ needle }) => bytes.includes(needle)).map(({ name }) => name))];
	}

	/** Nothing of a canary may be in it. */
	nothingIn(place: string, content: string | Buffer): void {
		for (const name of this.in(content)) this.#found.add(`${name} in ${place}`);
	}

	/** The files below a folder: nothing in any of them, whatever they are for. */
	nothingBelow(folder: string): void {
		for (const file of filesBelow(folder)) this.nothingIn(file, readFileSync(file));
	}

	/** The files below a folder: one with a canary is for its owner alone. Returns how many have one. */
	privateBelow(folder: string): number {
		let count = 0;
		for (const file of filesBelow(folder)) {
			const names = this.in(readFileSync(file));
			if (names.length === 0) continue;
			count++;
			const mode = statSync(file).mode & 0o777;
			if ((mode & 0o077) !== 0) this.#found.add(`${names.join(", ")} in ${file}, whose mode is ${mode.toString(8)}`);
		}
		return count;
	}

	/** The arguments and environments of a process and of all that it started. Returns how many these are. */
	nothingAround(pid: number): number {
		const all = [pid, ...descendantsOf(pid)];
		for (const one of all) {
			this.nothingIn(`the arguments of ${commandLine(one).slice(0, 80)}`, commandLine(one));
			this.nothingIn(`the environment of ${commandLine(one).slice(0, 80)}`, environmentOf(one));
		}
		return all.length;
	}

	/** Where canaries were found that must not be there, and in how many places was looked. */
	result(): { readonly found: string[]; readonly looked: number } {
		return { found: [...this.#found].sort(), looked: this.#looked };
	}
}
