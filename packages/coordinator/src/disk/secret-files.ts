import { basename } from "node:path";
import { ConfigError } from "../errors.ts";
import { writeAtomically } from "./atomic-write.ts";
import { MOST_GIVEN_BYTES, MOST_OWN_BYTES, readGivenFile } from "./given-file.ts";
import { isSealed, type Sealer } from "./sealed.ts";

/** How secrets lie on the disk: in clear, or sealed. */
export interface SecretFiles {
	readonly isSealing: boolean;
	/**
	 * What the file holds, in clear. Throws what reading throws, and a ConfigError for a sealed one that cannot be opened, and for one in clear
	 * where all are sealed: somebody else put it there.
	 */
	read(file: string): Promise<string>;
	/** The same for a file that an operator wrote, which may be in clear. `most`: bytes that are looked at, `MOST_GIVEN_BYTES` without it. */
	readGiven(file: string, most?: number): Promise<string>;
	/** Writes the file (0600), whole or not at all; its folder must exist. */
	write(file: string, content: string): Promise<void>;
	/** The bytes of a file that is to be called so. */
	sealed(file: string, content: string): Promise<Uint8Array>;
}

/** Secrets as they are, for who names no key. */
export const IN_CLEAR: SecretFiles = {
	isSealing: false,
	read: (file) => readClear(file),
	readGiven: (file, most = MOST_GIVEN_BYTES) => readClear(file, most),
	write: (file, content) => writeAtomically(file, content, 0o600),
	sealed: async (_file, content) => Buffer.from(content),
};

async function readClear(file: string, most = MOST_OWN_BYTES): Promise<string> {
	const bytes = await readGivenFile(file, most);
	if (isSealed(bytes))
		throw new ConfigError(
			`${file} is sealed, and the configuration names no key: name in secrets.key what it was sealed with; nothing was changed`,
		);
	return bytes.toString("utf8");
}

/** Secrets under a key. */
export function sealedBy(sealer: Sealer): SecretFiles {
	const sealed = (file: string, content: string): Promise<Buffer> => sealer.seal(basename(file), Buffer.from(content));
	const readGiven = async (file: string, most = MOST_GIVEN_BYTES): Promise<string> => {
		const bytes = await readGivenFile(file, most);
		if (!isSealed(bytes)) return bytes.toString("utf8");
		const opened = await sealer.open(basename(file), bytes);
		if (opened === undefined)
			throw new ConfigError(
				`${sealer.origin} (secrets.key) does not open ${file}: name the key that it was sealed with, or restore the file from a backup; nothing was changed`,
			);
		return opened.toString("utf8");
	};
	return {
		isSealing: true,
		async read(file) {
			if (!isSealed(await readGivenFile(file, MOST_OWN_BYTES))) throw foreign(file);
			return readGiven(file, MOST_OWN_BYTES);
		},
		readGiven,
		sealed,
		write: async (file, content) => writeAtomically(file, await sealed(file, content), 0o600),
	};
}

/** A secret in clear where all are sealed. */
export function foreign(file: string): ConfigError {
	return new ConfigError(
		`${file} lies in clear among sealed secrets, so this coordinator did not write it: restore the sealed one from a backup, or remove it if you want another one made`,
	);
}
