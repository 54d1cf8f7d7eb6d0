/** How a series of measurements lies: milliseconds unless its name says otherwise. */
export interface Summary {
	readonly count: number;
	readonly min: number;
	readonly p50: number;
	readonly p99: number;
	readonly max: number;
}

/** Sums up a series; nearest-rank percentiles. Zeros for an empty one, with count 0. */
export function summarize(values: readonly number[]): Summary {
	const sorted = [...values].sort((a, b) => a - b);
	const rank = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
	return {
		count: sorted.length,
		min: rounded(sorted[0] ?? 0),
		p50: rounded(rank(0.5)),
		p99: rounded(rank(0.99)),
		max: rounded(sorted.at(-1) ?? 0),
	};
}

/** Three digits behind the point: below that there is only noise. */
export function rounded(value: number): number {
	return Math.round(value * 1000) / 1000;
}
