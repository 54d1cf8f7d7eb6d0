import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, normalize } from "node:path";
import {
	createFactsReader,
	createSource,
	journalLines,
	parsePermanentMacs,
	readOutsideRam,
} from "@rollcall/agent/parsers";
import { CommandReply, encode, Facts, MAX_AGENT_MESSAGE_BYTES } from "@rollcall/protocol";
import { bytesOf, filesOf, holds, type Parser, refused, TAKEN, textOf } from "../parser.ts";
import { readsTheSame } from "./same-again.ts";
import { JOURNAL, LINKS, MACHINE_FILES } from "./seed-machine.ts";

/** What an agent reads on its machine. Files below a root are an object of texts by path. */
export const MACHINE_PARSERS: readonly Parser[] = [
	{
		name: "facts-files",
		seeds: () => [bytesOf(MACHINE_FILES)],
		async feed(bytes) {
			const files = filesOf(bytes);
			if (!files) return refused("no files");
			const root = mkdtempSync(join(tmpdir(), "rollcall-fuzz-root-"));
			try {
				for (const [path, text] of files) write(root, path, text);
				const reader = createFactsReader({ root });
				const facts = await reader.read().catch((error: unknown) => (error as Error).message);
				if (typeof facts === "string") {
					holds(/holds no boot id/.test(facts), `it ended with: ${facts}`);
					return refused(facts);
				}
				readsTheSame(Facts, facts);
				const outside = readOutsideRam(createSource(root));
				holds(outside === undefined || outside.every((path) => path.startsWith("/")), "a folder outside RAM is none");
				return TAKEN;
			} finally {
				rmSync(root, { recursive: true, force: true });
			}
		},
	},
	{
		name: "links",
		seeds: () => [bytesOf(LINKS)],
		feed: (bytes) => (parsePermanentMacs(textOf(bytes)).size === 0 ? refused("none") : TAKEN),
	},
	{
		name: "journal",
		seeds: () => [bytesOf(JOURNAL), ...JOURNAL.split("\n").map(bytesOf)],
		feed(bytes) {
			const told = journalLines(textOf(bytes), "s=before");
			readsTheSame(CommandReply, told);
			holds(encode(told).length <= MAX_AGENT_MESSAGE_BYTES, "its answer does not fit a message");
			return told.lines.length === 0 ? refused("no entry") : TAKEN;
		},
	},
];

/** A file below the root; what cannot be a file there is left out. */
function write(root: string, path: string, text: string): void {
	const place = normalize(join(root, path));
	if (!place.startsWith(`${root}/`)) return;
	try {
		mkdirSync(dirname(place), { recursive: true });
		writeFileSync(place, text);
	} catch {
		// A name that no file system takes, or a file where a folder is wanted.
	}
}
