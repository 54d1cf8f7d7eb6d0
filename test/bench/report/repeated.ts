/** A figure that was measured several times. */
export interface Repeated {
	readonly median: number;
	readonly min: number;
	readonly max: number;
	readonly runs: number;
}

/** True for a figure that was measured several times. */
function isRepeated(value: unknown): value is Repeated {
	return typeof value === "object" && value !== null && "median" in value && "runs" in value;
}

/**
 * Makes one set of figures of several runs of a section: each number with its median and how far the runs lie apart. What is no
 * number, or the same in all of them, stays as it is; what only some have is left out.
 */
export function merged(runs: readonly unknown[]): unknown {
	const [first] = runs;
	if (runs.every((run) => typeof run === "number")) return sum(runs as number[]);
	if (runs.every(Array.isArray)) {
		const lists = runs as unknown[][];
		const length = Math.min(...lists.map((list) => list.length));
		return Array.from({ length }, (_, index) => merged(lists.map((list) => list[index])));
	}
	if (!runs.every((run) => typeof run === "object" && run !== null)) return first;
	const objects = runs as Record<string, unknown>[];
	const keys = Object.keys(objects[0] ?? {}).filter((key) => objects.every((object) => key in object));
	return Object.fromEntries(keys.map((key) => [key, merged(objects.map((object) => object[key]))]));
}

function sum(values: readonly number[]): number | Repeated {
	const [first = 0] = values;
	if (values.every((value) => value === first)) return first;
	const sorted = values.toSorted((a, b) => a - b);
	const middle = sorted.length / 2;
	const median =
		sorted.length % 2 === 1
			? (sorted[Math.floor(middle)] ?? 0)
			: ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
	return { median, min: sorted[0] ?? 0, max: sorted.at(-1) ?? 0, runs: sorted.length };
}

/** The middle of a figure, and the range of its runs. */
export function rangeOf(value: unknown): Repeated | undefined {
	if (typeof value === "number") return { median: value, min: value, max: value, runs: 1 };
	return isRepeated(value) ? value : undefined;
}
