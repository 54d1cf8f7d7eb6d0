import { unwatchFile, watchFile } from "node:fs";
import { BootDocument } from "@rollcall/protocol";
import type { Logger } from "pino";
import { readBootDocument } from "../../boot/document.ts";
import { findingText } from "../../boot/finding.ts";
import { ConfigError } from "../../errors.ts";
import { readDocument } from "./read-document.ts";

/** How often the file is looked at. */
const LOOK_EVERY_MS = 1_000;

/** The boot document as it was read last. */
export interface WatchedDocument {
	/** The same object for as long as the file does not change. */
	document(): BootDocument;
	close(): void;
}

/**
 * Reads the boot document, and again when its file changes: one that is not good any more is logged, and the one before
 * stays. Every one that counts is told to `onRead`. Without a file there is nothing to boot. Throws ConfigError for a file that is not good at the start.
 */
export async function watchBootDocument(
	file: string | undefined,
	log: Logger,
	onRead: (document: BootDocument) => void = () => undefined,
): Promise<WatchedDocument> {
	if (file === undefined) {
		const nothing = BootDocument.parse({ apiVersion: "rollcall/v1", kind: "Boot" });
		return { document: () => nothing, close: () => {} };
	}
	let text = await readDocument(file, "the boot document");
	let current = parsed(file, text);
	onRead(current);
	const look = async (): Promise<void> => {
		try {
			const found = await readDocument(file, "the boot document");
			if (found === text) return;
			text = found;
			current = parsed(file, found);
			log.info({ file }, "the boot document was read again");
			onRead(current);
		} catch (error) {
			log.error({ file }, `the boot document of before is kept: ${(error as Error).message}`);
		}
	};
	const listener = (): void => void look();
	watchFile(file, { interval: LOOK_EVERY_MS, persistent: false }, listener);
	return { document: () => current, close: () => unwatchFile(file, listener) };
}

/** Reads a boot document to find out whether it is good. Throws ConfigError. */
export async function checkBootDocument(file: string): Promise<void> {
	parsed(file, await readDocument(file, "the boot document"));
}

function parsed(file: string, text: string): BootDocument {
	const read = readBootDocument(text);
	if (read.ok) return read.document;
	throw new ConfigError(
		`the boot document ${file} is not valid: ${read.findings.slice(0, 8).map(findingText).join("; ")}`,
	);
}
