import { createCipheriv, createDecipheriv, hkdfSync, randomBytes, scrypt } from "node:crypto";
import { promisify } from "node:util";

/** What everything sealed begins with: the version of the format counts up when the rest changes. */
const MAGIC = "rollcall-sealed 1 ";
const HEADER = /^rollcall-sealed 1 (key|scrypt) ([A-Za-z0-9+/]{43}=|-) ([A-Za-z0-9+/]{43}=)\n/;
/** More than the longest header, in bytes. */
const MOST_HEADER_BYTES = 160;
const [SALT_BYTES, NONCE_BYTES, TAG_BYTES] = [32, 12, 16];
/** 64 MiB and some tenths of a second for each guess of a passphrase. */
const SCRYPT = { N: 2 ** 16, r: 8, p: 1, maxmem: 128 * 2 ** 20 } as const;

const deriveFromPassphrase = promisify<string, Buffer, number, typeof SCRYPT, Buffer>(scrypt);

/** Where keys come from: random bytes as they are, or a passphrase, which is stretched with a salt. `origin` names the file for people. */
export type KeySource = { readonly origin: string } & (
	| { readonly kind: "key"; readonly bytes: Uint8Array }
	| { readonly kind: "passphrase"; readonly text: string }
);

/**
 * Seals texts for the disk and opens them. What is sealed is one line, `rollcall-sealed 1 (key|scrypt) SALT SALT` (the first salt is the
 * passphrase's, `-` without one), then a nonce, AES-256-GCM ciphertext, and the tag. Each has a key of its own by HKDF-SHA256 of the second salt. The line and the
 * file's name are authenticated, so that no file can stand in another's place.
 */
export interface Sealer {
	/** For people: the file that the key came from. */
	readonly origin: string;
	seal(name: string, content: Uint8Array): Promise<Buffer>;
	/** Undefined: another key sealed it, under another name, or it is damaged. */
	open(name: string, sealed: Uint8Array): Promise<Buffer | undefined>;
}

/** True for what a `Sealer` made, with whatever key. */
export function isSealed(content: Uint8Array): boolean {
	return Buffer.from(content.subarray(0, MAGIC.length)).toString("latin1") === MAGIC;
}

/** `like` is something sealed before: what a passphrase is stretched with is taken from it, so that it is done once. */
export function createSealer(source: KeySource, like?: Uint8Array): Sealer {
	const stretched = new Map<string, Promise<Buffer>>();
	const stretch = (text: string, salt: string): Promise<Buffer> => {
		const known = stretched.get(salt) ?? deriveFromPassphrase(text, Buffer.from(salt, "base64"), 32, SCRYPT);
		stretched.set(salt, known);
		return known;
	};
	const keyBy = async (header: Header): Promise<Buffer | undefined> => {
		if ((header.kind === "key") !== (source.kind === "key")) return undefined;
		const root = source.kind === "key" ? source.bytes : await stretch(source.text, header.stretch);
		return Buffer.from(hkdfSync("sha256", root, Buffer.from(header.salt, "base64"), "rollcall secrets at rest", 32));
	};
	const before = like && readHeader(like);
	const stretchBy = before?.kind === "scrypt" ? before.stretch : randomBytes(SALT_BYTES).toString("base64");
	return {
		origin: source.origin,
		async seal(name, content) {
			const salt = randomBytes(SALT_BYTES).toString("base64");
			const header: Header =
				source.kind === "key" ? { kind: "key", stretch: "-", salt } : { kind: "scrypt", stretch: stretchBy, salt };
			const nonce = randomBytes(NONCE_BYTES);
			const cipher = createCipheriv("aes-256-gcm", (await keyBy(header)) as Buffer, nonce);
			const line = `${MAGIC}${header.kind} ${header.stretch} ${header.salt}\n`;
			cipher.setAAD(Buffer.from(`${line}${name}`));
			return Buffer.concat([Buffer.from(line), nonce, cipher.update(content), cipher.final(), cipher.getAuthTag()]);
		},
		async open(name, sealed) {
			const header = readHeader(sealed);
			const key = header && (await keyBy(header));
			const end = sealed.length - TAG_BYTES;
			if (!header || !key || end < header.line.length + NONCE_BYTES) return undefined;
			const from = header.line.length + NONCE_BYTES;
			const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(header.line.length, from));
			decipher.setAAD(Buffer.from(`${header.line}${name}`));
			decipher.setAuthTag(sealed.subarray(end));
			try {
				return Buffer.concat([decipher.update(sealed.subarray(from, end)), decipher.final()]);
			} catch {
				return undefined;
			}
		},
	};
}

interface Header {
	readonly kind: "key" | "scrypt";
	readonly stretch: string;
	readonly salt: string;
}

function readHeader(sealed: Uint8Array): (Header & { readonly line: string }) | undefined {
	const found = HEADER.exec(Buffer.from(sealed.subarray(0, MOST_HEADER_BYTES)).toString("latin1"));
	if (!found) return undefined;
	const [line, kind, stretch = "", salt = ""] = found;
	if ((kind === "key") !== (stretch === "-")) return undefined;
	return { line, kind: kind as Header["kind"], stretch, salt };
}
