import { stat } from "node:fs/promises";
import { unreadable } from "../../disk/own-text.ts";
import { IN_CLEAR, type SecretFiles } from "../../disk/secret-files.ts";
import { ConfigError } from "../../errors.ts";

const GIVEN = "a file with the secret that this user can read has to be there";

/** Writes a secret that only its owner can read (0600), whole or not at all, with a line end. */
export function writeSecret(file: string, secret: string, files: SecretFiles = IN_CLEAR): Promise<void> {
	return files.write(file, `${secret}\n`);
}

/**
 * Reads a secret without the space around it; undefined when there is no such file. Throws an Error that names the file
 * when others can read it or it is empty, a ConfigError when it is sealed and cannot be opened.
 * `isGiven`: an operator wrote it, so it may be in clear where others are sealed.
 */
export async function readSecret(
	file: string,
	files: SecretFiles = IN_CLEAR,
	isGiven = false,
): Promise<string | undefined> {
	let mode: number;
	let text: string;
	try {
		mode = (await stat(file)).mode;
		text = await (isGiven ? files.readGiven(file) : files.read(file));
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
		if (error instanceof ConfigError) throw error;
		const next = isGiven ? GIVEN : "restore it from a backup, or move away what is there to have a new one made";
		throw unreadable({ file, is: "the secret file", next }, error);
	}
	if ((mode & 0o077) !== 0)
		throw new Error(`others can read the secret file ${file}: chmod 600 it, or make a new secret`);
	const secret = text.trim();
	if (secret === "") throw new Error(`the secret file ${file} is empty: remove it to have a new one made`);
	return secret;
}
