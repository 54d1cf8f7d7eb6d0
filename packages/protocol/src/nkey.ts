/** RFC 4648, section 6; nkeys leave out the padding. */
const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/** What stands before the 32 bytes of a key: one byte for a public key, two for a seed. */
const KEY_BYTES = 32;
const CHECKSUM_BYTES = 2;

/** A key in the text form of NATS nkeys (`strkey.go`): prefix, 32 bytes and their checksum in base32. */
export function encodeNkey(prefix: readonly number[], key: Uint8Array): string {
	const body = Uint8Array.from([...prefix, ...key]);
	const checksum = crc16(body);
	return base32([...body, checksum & 0xff, checksum >> 8]);
}

/** Prefix and 32 bytes of an encoded key or seed; undefined where it is none, or its checksum is wrong. */
export function decodeNkey(text: string): { readonly prefix: readonly number[]; readonly key: Uint8Array } | undefined {
	const bytes = base32Bytes(text);
	if (!bytes || bytes.length <= KEY_BYTES + CHECKSUM_BYTES) return undefined;
	const body = bytes.subarray(0, -CHECKSUM_BYTES);
	const [low = 0, high = 0] = bytes.subarray(-CHECKSUM_BYTES);
	if (crc16(body) !== ((high << 8) | low)) return undefined;
	const key = body.subarray(-KEY_BYTES);
	return { prefix: [...body.subarray(0, -KEY_BYTES)], key };
}

function base32(bytes: readonly number[]): string {
	let text = "";
	let value = 0;
	let bits = 0;
	for (const byte of bytes) {
		value = (value << 8) | byte;
		bits += 8;
		for (; bits >= 5; bits -= 5) text += BASE32[(value >> (bits - 5)) & 31];
		value &= (1 << bits) - 1;
	}
	return bits === 0 ? text : text + BASE32[(value << (5 - bits)) & 31];
}

function base32Bytes(text: string): Uint8Array | undefined {
	const bytes: number[] = [];
	let value = 0;
	let bits = 0;
	for (const letter of text) {
		const five = BASE32.indexOf(letter);
		if (five < 0) return undefined;
		value = (value << 5) | five;
		bits += 5;
		if (bits < 8) continue;
		bits -= 8;
		bytes.push(value >> bits);
		value &= (1 << bits) - 1;
	}
	return Uint8Array.from(bytes);
}

/** CRC-16/XMODEM, as nkeys use it. */
function crc16(bytes: Uint8Array): number {
	let crc = 0;
	for (const byte of bytes) {
		crc ^= byte << 8;
		for (let bit = 0; bit < 8; bit++) crc = ((crc << 1) ^ (crc & 0x8000 ? 0x1021 : 0)) & 0xffff;
	}
	return crc;
}
