import fs from "node:fs/promises";
import { Readable } from "node:stream";

/** One chunk waits here and one in the socket: below 128 KiB for a transfer, however slow its reader is. */
const CHUNK_BYTES = 48 * 1024;

/**
 * Bytes `first` to `last` of a file. A chunk is read only when the one before was taken; `sent` is told of each. Ends with
 * an error when the file is shorter. Rejects where the file cannot be opened.
 */
export async function fileStream(
	path: string,
	what: { readonly first: number; readonly last: number; readonly sent: (bytes: number) => void },
): Promise<Readable> {
	const handle = await fs.open(path, "r");
	let at = what.first;
	const read = async (): Promise<Buffer | null> => {
		if (at > what.last) return null;
		const wanted = Math.min(CHUNK_BYTES, what.last - at + 1);
		const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafeSlow(wanted), 0, wanted, at);
		if (bytesRead === 0) throw new Error(`${path} ends before byte ${what.last}`);
		at += bytesRead;
		what.sent(bytesRead);
		return buffer.subarray(0, bytesRead);
	};
	return new Readable({
		highWaterMark: 1,
		read() {
			read().then(
				(chunk) => this.push(chunk),
				(error: unknown) => this.destroy(error instanceof Error ? error : new Error(String(error))),
			);
		},
		destroy(error, done) {
			handle.close().then(
				() => done(error),
				() => done(error),
			);
		},
	});
}
