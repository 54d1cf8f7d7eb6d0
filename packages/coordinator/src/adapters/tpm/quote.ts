import { type KeyObject, verify } from "node:crypto";
import { TPM_PCRS } from "@rollcall/protocol";

/** TPM_GENERATED_VALUE and TPM_ST_ATTEST_QUOTE; Part 2, 6.2 and 6.9. */
const QUOTE = "ff5443478018";
/** TPM_ALG_ECDSA and TPM_ALG_SHA256. */
const ECDSA_SHA256 = "0018000b";
/** TPMS_CLOCK_INFO and the firmware's version. */
const CLOCK_AND_FIRMWARE = 17 + 8;

/** What a quote says; undefined where it is not one of ours, of our registers, to its last byte. TPMS_ATTEST: Part 2, 10.12.12. */
export function readQuote(quote: Buffer): { readonly extra: Buffer; readonly pcrs: Buffer } | undefined {
	const reader = new Reader(quote);
	if (reader.take(6)?.toString("hex") !== QUOTE) return undefined;
	reader.sized();
	const extra = reader.sized();
	reader.take(CLOCK_AND_FIRMWARE);
	const selection = reader.take(TPM_PCRS.length / 2)?.toString("hex");
	const pcrs = reader.sized();
	if (!extra || !pcrs || selection !== TPM_PCRS || pcrs.length !== 32 || !reader.atEnd()) return undefined;
	return { extra, pcrs };
}

/** True where a TPMT_SIGNATURE (Part 2, 11.3.4) of this key is over these bytes. */
export function isSigned(bytes: Buffer, signature: Buffer, key: KeyObject): boolean {
	const reader = new Reader(signature);
	if (reader.take(4)?.toString("hex") !== ECDSA_SHA256) return false;
	const [r, s] = [reader.sized(), reader.sized()];
	if (!r || !s || r.length > 32 || s.length > 32 || !reader.atEnd()) return false;
	const pair = Buffer.concat([Buffer.alloc(32 - r.length), r, Buffer.alloc(32 - s.length), s]);
	return verify("sha256", bytes, { key, dsaEncoding: "ieee-p1363" }, pair);
}

/** Reads a structure from its beginning. What is not there is undefined, and so is all that follows. */
class Reader {
	readonly #bytes: Buffer;
	#at = 0;

	constructor(bytes: Buffer) {
		this.#bytes = bytes;
	}

	take(length: number): Buffer | undefined {
		const taken = this.#bytes.subarray(this.#at, this.#at + length);
		this.#at += length;
		return taken.length === length ? taken : undefined;
	}

	/** A TPM2B. */
	sized(): Buffer | undefined {
		const length = this.take(2)?.readUInt16BE(0);
		return length === undefined ? undefined : this.take(length);
	}

	atEnd(): boolean {
		return this.#at === this.#bytes.length;
	}
}
