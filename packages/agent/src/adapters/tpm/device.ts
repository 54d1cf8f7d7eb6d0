import { open, stat } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { messageOf } from "@rollcall/protocol";
import { TpmError } from "../../errors.ts";

/** The longest answer of a TPM, in bytes. */
const MOST_BYTES = 4096;
/** An RSA key takes seconds on a TPM without one at hand. */
const ANSWER_MS = 60_000;

/** A TPM that takes one command after the other. */
export interface TpmDevice {
	send(command: Buffer): Promise<Buffer>;
	close(): Promise<void>;
}

/** Opens a TPM: a character device such as /dev/tpmrm0, or a Unix socket that speaks the same bytes. Undefined where there is none. Throws TpmError. */
export async function openTpm(path: string): Promise<TpmDevice | undefined> {
	const found = await stat(path).catch(() => undefined);
	if (!found) return undefined;
	try {
		return found.isSocket() ? await overSocket(path) : await overDevice(path);
	} catch (error) {
		throw new TpmError(`${path} cannot be opened: ${messageOf(error)}`);
	}
}

/** A write is a command, and the next read is its whole answer (Linux, drivers/char/tpm). */
async function overDevice(path: string): Promise<TpmDevice> {
	const file = await open(path, "r+");
	return {
		async send(command) {
			try {
				await file.write(command, 0, command.length, null);
				const { bytesRead, buffer } = await file.read(Buffer.alloc(MOST_BYTES), 0, MOST_BYTES, null);
				return buffer.subarray(0, bytesRead);
			} catch (error) {
				throw new TpmError(messageOf(error));
			}
		},
		close: () => file.close(),
	};
}

async function overSocket(path: string): Promise<TpmDevice> {
	const socket = connect(path);
	await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("error", reject));
	socket.on("error", () => {});
	return {
		send: (command) => exchange(socket, command),
		async close() {
			socket.destroy();
		},
	};
}

function exchange(socket: Socket, command: Buffer): Promise<Buffer> {
	return new Promise((resolve, reject) => {
		let answer = Buffer.alloc(0);
		const end = (why?: string): void => {
			socket.off("data", take).off("close", closed).off("timeout", late).setTimeout(0);
			if (why === undefined) resolve(answer);
			else reject(new TpmError(why));
		};
		const closed = (): void => end("its socket was closed");
		const late = (): void => end("it does not answer");
		const take = (chunk: Buffer): void => {
			answer = Buffer.concat([answer, chunk]);
			if (answer.length > MOST_BYTES) end("its answer is too long");
			else if (answer.length >= 10 && answer.length >= answer.readUInt32BE(2)) end();
		};
		socket.on("data", take).once("close", closed).once("timeout", late).setTimeout(ANSWER_MS);
		socket.write(command);
	});
}
