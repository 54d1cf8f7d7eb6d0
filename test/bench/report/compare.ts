import { rangeOf } from "./repeated.ts";

/** A figure that is worse than before by more than the runs of both lie apart. */
export interface Slower {
	/** `hello.newBoot.helloToTargetMs.p99`. */
	readonly figure: string;
	readonly before: number;
	readonly now: number;
}

/** Figures of which more is better. */
const MORE_IS_BETTER = /(?:perSecond|bytesPerSecond|throughputToNginx)$/i;
/** Figures of time, memory and processor, of which less is better. */
const LESS_IS_BETTER = /(?:ms|seconds|cores|bytes|mib|kib|timeToNginx|spread)(?:\.(?:p50|p99|min|max|[a-z]+))?$/i;
/** What belongs to the machine or to the program that measures. */
const NO_FIGURE = /(?:^|\.)(?:floor|goal|load|warmUp|slowest|simulation)(?:\.|$)/;
/** Runs that lie apart by nothing are still not exact. */
const NOISE = 0.1;

/** Compares the sections of two documents of the bench; only figures that both have. */
export function slower(before: unknown, now: unknown): Slower[] {
	const old = figures(before);
	return [...figures(now)].flatMap(([figure, value]) => {
		const [was, is] = [rangeOf(old.get(figure)), rangeOf(value)];
		if (!was || !is || NO_FIGURE.test(figure)) return [];
		const isWorse = MORE_IS_BETTER.test(figure)
			? is.max < was.min * (1 - NOISE)
			: LESS_IS_BETTER.test(figure) && is.min > was.max * (1 + NOISE);
		return isWorse ? [{ figure, before: was.median, now: is.median }] : [];
	});
}

/** Every number of a document by its place. */
export function figures(value: unknown, at = ""): Map<string, unknown> {
	if (rangeOf(value)) return new Map([[at, value]]);
	if (typeof value !== "object" || value === null) return new Map();
	const inner = (key: string) => (at === "" ? key : `${at}.${key}`);
	return new Map(Object.entries(value).flatMap(([key, one]) => [...figures(one, inner(key))]));
}
