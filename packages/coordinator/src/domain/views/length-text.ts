const UNITS = [
	["days", 86_400_000],
	["hours", 3_600_000],
	["minutes", 60_000],
] as const;

/** A length of time in words, in the largest unit of which it has two. */
export function lengthText(ms: number): string {
	const [unit, length] = UNITS.find((one) => ms >= 2 * one[1]) ?? (["seconds", 1_000] as const);
	return `${Math.round(ms / length)} ${unit}`;
}
