/** A text, or why bytes are none. */
export type PlainText = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly reason: string };

/** Reads the bytes of a file as a text in UTF-8; a byte order mark is left out. What is no text is told in words, with the line where it stops being one. */
export function plainText(bytes: Uint8Array): PlainText {
	const [first, second] = bytes;
	if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff))
		return { ok: false, reason: "it is text in UTF-16; save it as UTF-8" };
	const line = (end: number) => bytes.subarray(0, end).reduce((count, byte) => count + Number(byte === 0x0a), 1);
	const zero = bytes.indexOf(0);
	if (zero >= 0) return { ok: false, reason: `it is a binary file and no text (a zero byte in line ${line(zero)})` };
	try {
		const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
		return text.trim() === "" ? { ok: false, reason: "it is empty" } : { ok: true, text };
	} catch {
		return { ok: false, reason: `line ${line(badByte(bytes))} is not UTF-8; save it as UTF-8` };
	}
}

/** Where the first byte stands that is not part of UTF-8: up to there the decoder, fed in halves, says nothing. */
function badByte(bytes: Uint8Array): number {
	let good = 0;
	let bad = bytes.length;
	while (bad - good > 1) {
		const middle = (good + bad) >> 1;
		if (isBeginning(bytes.subarray(0, middle))) good = middle;
		else bad = middle;
	}
	return good;
}

/** Whether more could follow that makes it UTF-8. */
function isBeginning(bytes: Uint8Array): boolean {
	try {
		new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
		return true;
	} catch {
		return false;
	}
}
