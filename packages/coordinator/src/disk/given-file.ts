import { createReadStream } from "node:fs";
import { buffer } from "node:stream/consumers";
import { ConfigError } from "../errors.ts";

/** So much of a file with keys or certificates that an operator keeps is looked at. */
export const MOST_GIVEN_BYTES = 256 * 1024;

/** The bytes of a file that an operator keeps. Of a device without an end one byte more than `most` is taken. Throws what reading throws, and an Error for one that is larger. */
export async function readGivenFile(file: string, most: number): Promise<Buffer> {
	const bytes = await buffer(createReadStream(file, { end: most }));
	if (bytes.length > most) throw new Error(`it has more than ${most / 1024} KiB`);
	return bytes;
}

/** Reads what a setting of the configuration names; whatever goes wrong there is told with the setting. */
export async function ofSetting<T>(setting: string, read: () => Promise<T>): Promise<T> {
	try {
		return await read();
	} catch (error) {
		const { message } = error as Error;
		if (message.includes(setting)) throw error;
		throw error instanceof ConfigError
			? new ConfigError(`${setting}: ${message}`)
			: new Error(`${setting}: ${message}`, { cause: error });
	}
}
