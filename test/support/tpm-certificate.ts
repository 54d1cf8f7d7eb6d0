import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, webcrypto } from "node:crypto";
import { connect } from "node:net";
import { BasicConstraintsExtension, X509CertificateGenerator } from "@peculiar/x509";
import { createTpm } from "@rollcall/agent/trials";

/** A maker of TPMs: its authority in PEM, and certificates for endorsement keys, DER. */
export interface TpmMaker {
	readonly authority: string;
	certify(modulus: Uint8Array): Promise<Buffer>;
}

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
/** Certificates of TPMs may be older than the machine; nobody looks at their dates. */
const LONG_AGO = { notBefore: new Date(0), notAfter: new Date(1_000_000_000_000) };

export async function tpmMaker(name: string): Promise<TpmMaker> {
	const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
	const keys = {
		privateKey: await importKey(privateKey, "pkcs8", algorithm, ["sign"]),
		publicKey: await importKey(publicKey, "spki", algorithm, ["verify"]),
	};
	const authority = await X509CertificateGenerator.createSelfSigned(
		{ ...LONG_AGO, name: `CN=${name}`, keys, extensions: [new BasicConstraintsExtension(true, undefined, true)] },
		webcrypto as never,
	);
	return {
		authority: authority.toString("pem"),
		async certify(modulus) {
			const n = Buffer.from(modulus).toString("base64url");
			const key = createPublicKey({ format: "jwk", key: { kty: "RSA", n, e: "AQAB" } });
			const rsa = { name: "RSA-OAEP", hash: "SHA-256" };
			const made = await X509CertificateGenerator.create(
				{
					...LONG_AGO,
					issuer: authority.subject,
					subject: "CN=a TPM",
					publicKey: await importKey(key, "spki", rsa, ["encrypt"]),
					signingKey: keys.privateKey,
					signingAlgorithm: algorithm,
				},
				webcrypto as never,
			);
			return Buffer.from(made.rawData);
		},
	};
}

function importKey(key: KeyObject, format: "pkcs8" | "spki", by: object, usages: KeyUsage[]) {
	const type = key.type === "private" ? createPrivateKey(key.export({ format: "pem", type: "pkcs8" })) : key;
	const der = type.export({ format: "der", type: format } as never) as unknown as Uint8Array<ArrayBuffer>;
	return webcrypto.subtle.importKey(format, der, by as never, true, usages) as never;
}
type KeyUsage = "sign" | "verify" | "encrypt";

/** The modulus of a TPM's endorsement key: the end of its public area. */
export async function endorsementModulus(socket: string): Promise<Buffer> {
	let modulus = Buffer.alloc(0);
	await createTpm(socket).attest(async (ek) => {
		modulus = Buffer.from(ek, "base64").subarray(-256);
		return undefined;
	});
	return modulus;
}

const u16 = (value: number): Buffer => Buffer.from([value >> 8, value & 0xff]);
const u32 = (value: number): Buffer =>
	Buffer.from([value >>> 24, (value >> 16) & 0xff, (value >> 8) & 0xff, value & 0xff]);
const sized = (bytes: Buffer): Buffer => Buffer.concat([u16(bytes.length), bytes]);
const INDEX = u32(0x01c00002);
const OWNER = u32(0x40000001);
/** An empty password. */
const SESSION = Buffer.concat([u32(9), u32(0x40000009), u16(0), Buffer.from([0]), u16(0)]);

/** Puts a certificate into a TPM as its maker does (TPM2_NV_DefineSpace, TPM2_NV_Write; Part 3, 31.3 and 31.7), with room behind it. */
export async function putCertificate(socket: string, certificate: Buffer): Promise<void> {
	const content = Buffer.concat([certificate, Buffer.alloc(100, 0xff)]);
	// Owner and whoever knows the empty password may write and read; failures lock nobody out.
	const area = Buffer.concat([INDEX, u16(0x0b), u32(0x02060006), u16(0), u16(content.length)]);
	await send(socket, 0x12a, Buffer.concat([OWNER, SESSION, u16(0), sized(area)]));
	for (let at = 0; at < content.length; at += 512) {
		const part = sized(content.subarray(at, at + 512));
		await send(socket, 0x137, Buffer.concat([OWNER, INDEX, SESSION, part, u16(at)]));
	}
}

async function send(socket: string, code: number, body: Buffer): Promise<void> {
	const connection = connect(socket);
	const answer = await new Promise<Buffer>((resolve, reject) => {
		connection.once("data", resolve).once("error", reject);
		connection.write(Buffer.concat([u16(0x8002), u32(10 + body.length), u32(code), body]));
	});
	connection.destroy();
	const result = answer.readUInt32BE(6);
	if (result !== 0) throw new Error(`the TPM refused command 0x${code.toString(16)} with 0x${result.toString(16)}`);
}
