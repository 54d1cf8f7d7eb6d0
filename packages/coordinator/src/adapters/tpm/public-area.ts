import { createHash, createPublicKey, type KeyObject } from "node:crypto";
import { TPM_TEMPLATES } from "@rollcall/protocol";

const NAME_ALGORITHM = Buffer.from("000b", "hex");

/** An endorsement key as it is known: what its public area has besides the template. */
interface EndorsementKey {
	/** The SHA-256 of its public area, hexadecimal: how it is called by people. */
	readonly name: string;
	readonly modulus: Buffer;
}

/** An attestation key: its Name (Part 1, 16: the algorithm and the hash of the public area), and the key. */
interface AttestationKey {
	readonly name: Buffer;
	readonly key: KeyObject;
}

/** The endorsement key with this TPMT_PUBLIC; undefined where it is none by the template. */
export function endorsementKey(area: Buffer): EndorsementKey | undefined {
	const rest = behind(area, TPM_TEMPLATES.ek);
	const modulus = rest?.length === 258 && rest.readUInt16BE(0) === 256 ? rest.subarray(2) : undefined;
	// A modulus has 2048 bits and is odd.
	if (!modulus || (modulus[0] ?? 0) < 0x80 || (modulus[255] ?? 0) % 2 === 0) return undefined;
	return { name: sha256(area).toString("hex"), modulus };
}

/** The attestation key with this TPMT_PUBLIC; undefined where it is none by the template: one that may leave its TPM, or sign anything. */
export function attestationKey(area: Buffer): AttestationKey | undefined {
	const rest = behind(area, TPM_TEMPLATES.ak);
	if (rest?.length !== 68 || rest.readUInt16BE(0) !== 32 || rest.readUInt16BE(34) !== 32) return undefined;
	const [x, y] = [rest.subarray(2, 34), rest.subarray(36)].map((one) => one.toString("base64url"));
	try {
		const key = createPublicKey({ format: "jwk", key: { kty: "EC", crv: "P-256", x: x ?? "", y: y ?? "" } });
		return { name: Buffer.concat([NAME_ALGORITHM, sha256(area)]), key };
	} catch {
		// No point of the curve.
		return undefined;
	}
}

function behind(area: Buffer, template: string): Buffer | undefined {
	const prefix = Buffer.from(template, "hex");
	return area.subarray(0, prefix.length).equals(prefix) ? area.subarray(prefix.length) : undefined;
}

function sha256(bytes: Buffer): Buffer {
	return createHash("sha256").update(bytes).digest();
}
