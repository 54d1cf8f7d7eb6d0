import { TpmError } from "../../errors.ts";
import type { Command } from "./codes.ts";

/** What a command gave. */
export interface Answer {
	readonly handle: number;
	/** Its parameters, without the sessions that may follow them. */
	readonly parameters: Buffer;
}

/** TPM_RC_YIELDED, TPM_RC_TESTING and TPM_RC_RETRY (Part 2, 6.6.3): the command was not done, and can be sent again. */
const AGAIN: ReadonlySet<number> = new Set([0x908, 0x90a, 0x922]);

/** True for an answer that asks for the command once more. */
export function wantsAgain(answer: Buffer): boolean {
	return answer.length === 10 && AGAIN.has(answer.readUInt32BE(6));
}

/** Reads an answer (TCG TPM 2.0 Library, Part 1, 18). Throws TpmError where the TPM refused, or says nothing that can be read. */
export function readAnswer(bytes: Buffer, { givesHandle, hasSessions }: Command): Answer {
	if (bytes.length < 10 || bytes.readUInt32BE(2) !== bytes.length) throw cutOff();
	const code = bytes.readUInt32BE(6);
	if (code !== 0) throw new TpmError(`it refused with 0x${code.toString(16)}`);
	let rest = bytes.subarray(10);
	const handle = givesHandle ? readUInt32(rest) : 0;
	if (givesHandle) rest = rest.subarray(4);
	if (!hasSessions) return { handle, parameters: rest };
	const size = readUInt32(rest);
	const parameters = rest.subarray(4, 4 + size);
	if (parameters.length !== size) throw cutOff();
	return { handle, parameters };
}

/** Splits a TPM2B from what follows it. Throws TpmError. */
export function splitSized(bytes: Buffer): { readonly first: Buffer; readonly rest: Buffer } {
	const length = bytes.length < 2 ? Number.POSITIVE_INFINITY : bytes.readUInt16BE(0);
	if (bytes.length < 2 + length) throw cutOff();
	return { first: bytes.subarray(2, 2 + length), rest: bytes.subarray(2 + length) };
}

function readUInt32(bytes: Buffer): number {
	if (bytes.length < 4) throw cutOff();
	return bytes.readUInt32BE(0);
}

function cutOff(): TpmError {
	return new TpmError("its answer is cut off");
}
