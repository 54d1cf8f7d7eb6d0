const UNRESERVED = /^[A-Za-z0-9._-]$/;
const utf8 = new TextEncoder();

/** True for a text that stands in a `data:` URL of it as it is. */
export function isPlain(text: string): boolean {
	return /^[A-Za-z0-9._-]+$/.test(text);
}

/** Base64 (RFC 4648, with padding) of bytes. */
function base64(bytes: Uint8Array): string {
	let binary = "";
	for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
	return btoa(binary);
}

/** A `data:` URL (RFC 2397) of a text or of bytes: percent-encoded or base64, whichever is shorter. */
export function dataUrl(content: string | Uint8Array): string {
	const bytes = typeof content === "string" ? utf8.encode(content) : content;
	const base = `data:;base64,${base64(bytes)}`;
	let escaped = "data:,";
	for (const byte of bytes) {
		const character = String.fromCharCode(byte);
		escaped += UNRESERVED.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
		if (escaped.length > base.length) return base;
	}
	return escaped;
}
