import { TpmError } from "../../errors.ts";
import { type Answer, splitSized } from "./answer.ts";
import { type Command, certificatePlace, readCertificate } from "./codes.ts";

/** More than any certificate of a TPM, and what every TPM gives at once, in bytes. */
const MOST = { certificate: 2048, atOnce: 512 } as const;

/** The certificate that the TPM's maker put into it, DER in base64; undefined where it has none that can be read. */
export async function endorsementCertificate(run: (command: Command) => Promise<Answer>): Promise<string | undefined> {
	try {
		const { first: place } = splitSized((await run(certificatePlace())).parameters);
		// TPMS_NV_PUBLIC (Part 2, 13.5) ends with the size of its content.
		const size = place.length < 2 ? 0 : place.readUInt16BE(place.length - 2);
		if (size === 0 || size > MOST.certificate) return undefined;
		const parts: Buffer[] = [];
		for (let at = 0; at < size; at += MOST.atOnce)
			parts.push(splitSized((await run(readCertificate(at, Math.min(MOST.atOnce, size - at)))).parameters).first);
		return withoutPadding(Buffer.concat(parts))?.toString("base64");
	} catch (error) {
		if (error instanceof TpmError) return undefined;
		throw error;
	}
}

/** Some makers reserve more room than the certificate takes: its own length counts (X.690, 8.1.3). */
function withoutPadding(bytes: Buffer): Buffer | undefined {
	if (bytes.length < 4 || bytes.readUInt16BE(0) !== 0x3082) return undefined;
	const length = 4 + bytes.readUInt16BE(2);
	return length <= bytes.length ? bytes.subarray(0, length) : undefined;
}
