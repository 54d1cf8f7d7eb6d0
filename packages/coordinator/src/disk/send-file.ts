import fs from "node:fs/promises";
import type { ServerResponse } from "node:http";

/** All that a transfer holds: below 128 KiB, however slow its reader is. */
const BUFFER_BYTES = 96 * 1024;

/**
 * Writes the bytes `first` to `last` of a file as the body of an answer, and ends it. They pass through one buffer, which is
 * filled again when the network has taken what was in it: a stream would make a buffer for every piece, and the garbage of
 * them would take more time than the reading. `sent` is told of each piece. Ends early when the client goes away. Rejects
 * where the file cannot be read or is shorter; the answer is not ended then.
 */
export async function sendFile(
	response: ServerResponse,
	path: string,
	what: { readonly first: number; readonly last: number; readonly sent: (bytes: number) => void },
): Promise<void> {
	const file = await fs.open(path, "r");
	try {
		const write = writer(response);
		const buffer = Buffer.allocUnsafeSlow(Math.min(BUFFER_BYTES, what.last - what.first + 1));
		for (let at = what.first; at <= what.last; ) {
			const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, what.last - at + 1), at);
			if (bytesRead === 0) throw new Error(`${path} ends before byte ${what.last}`);
			at += bytesRead;
			what.sent(bytesRead);
			if (!(await write(buffer.subarray(0, bytesRead)))) return;
		}
		response.end();
	} finally {
		await file.close();
	}
}

/** Writes one piece at a time: true when the network has taken it, false when the client is gone. */
function writer(response: ServerResponse): (piece: Buffer) => Promise<boolean> {
	let gone = response.destroyed;
	let answer: ((taken: boolean) => void) | undefined;
	response.once("close", () => {
		gone = true;
		answer?.(false);
	});
	return (piece) =>
		new Promise((resolve) => {
			if (gone) return resolve(false);
			answer = resolve;
			response.write(piece, (error) => resolve(!error));
		});
}
