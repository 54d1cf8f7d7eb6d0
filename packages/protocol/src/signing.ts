import { canonicalJson, sha256Of } from "./digest.ts";
import type { EnrollClaim, EnrollReply } from "./messages.ts";

/** NATS header of an answer or a command: the fleet's signature (Ed25519, base64) over `answerText` or `commandText`. */
export const SIGNATURE_HEADER = "Rollcall-Signature";
/** NATS header of a command: its number, which counts up for each machine; of a refusal: the highest number that the agent took. */
export const ORDER_HEADER = "Rollcall-Order";

/** What the fleet signs of an answer. `subject`: the inbox that it goes to, which its agent made for this one question. `payload`: SHA-256 of the message, hexadecimal. */
export function answerText(subject: string, payload: string): string {
	return `rollcall answer v1\n${subject}\n${payload}`;
}

/** What the fleet signs of a command. `order`: its number. `payload`: SHA-256 (hexadecimal) of the message, which names the boot. */
export function commandText(subject: string, order: number, payload: string): string {
	return `rollcall command v1\n${subject}\n${order}\n${payload}`;
}

/** What a boot signs with the key that it enrolls, to prove that it has it. The token itself is in nothing that is kept. */
export function enrollText(claim: EnrollClaim, nonce: string): string {
	const { token, ...rest } = claim;
	return `rollcall enroll v1\n${nonce}\n${token === undefined ? "" : sha256Of(token)}\n${sha256Of(canonicalJson(rest))}`;
}

/** What the fleet signs of the answer to an enrollment with this nonce. */
export function enrolledText(reply: Omit<EnrollReply, "signature">, nonce: string): string {
	return `rollcall enrolled v1\n${nonce}\n${sha256Of(canonicalJson(reply))}`;
}
