const DIGITS = { sha256: 64, sha512: 128 } as const;

/**
 * The sum of a file in the text that its maker publishes beside it: the sum alone, lines of `sha256sum`, or Flatcar's DIGESTS,
 * which has such lines for several algorithms. Undefined where there is none, or more than one.
 */
export function checksumOf(text: string, file: string, algorithm: "sha256" | "sha512"): string | undefined {
	const hex = `[0-9a-fA-F]{${DIGITS[algorithm]}}`;
	const alone = new RegExp(`^\\s*(${hex})\\s*$`).exec(text)?.[1];
	if (alone) return alone.toLowerCase();
	const lines = text.matchAll(new RegExp(`^(${hex})[ \\t]+[*]?(?:\\S*/)?(\\S+)[ \\t\\r]*$`, "gm"));
	const sums = new Set([...lines].flatMap(([, sum = "", name]) => (name === file ? [sum.toLowerCase()] : [])));
	const [only, another] = sums;
	return another === undefined ? only : undefined;
}
