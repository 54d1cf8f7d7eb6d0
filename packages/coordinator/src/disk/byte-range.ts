/** Which bytes are wanted; both ends are part of it. `unsatisfiable`: none of them exist. */
export type ByteRange = { readonly first: number; readonly last: number } | "all" | "unsatisfiable";

/**
 * Reads a `Range` header (RFC 9110, 14.2). One range is taken; several, other units and what is not a range mean all, as the
 * RFC allows.
 */
export function parseByteRange(header: string | undefined, size: number): ByteRange {
	const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? "");
	if (!match) return "all";
	const [, from = "", to = ""] = match;
	if (from === "" && to === "") return "all";
	if (from === "") {
		const length = Math.min(Number(to), size);
		return length === 0 ? "unsatisfiable" : { first: size - length, last: size - 1 };
	}
	const first = Number(from);
	const last = to === "" ? size - 1 : Math.min(Number(to), size - 1);
	if (to !== "" && Number(to) < first) return "all";
	return first >= size ? "unsatisfiable" : { first, last };
}
