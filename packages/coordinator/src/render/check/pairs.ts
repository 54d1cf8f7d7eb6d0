/** Up to so many nodes every pod asks every other one; above it each asks so many, spread over all. */
const ALL_PAIRS_UP_TO = 20;
const ASKED_BY_EACH = 6;

/**
 * Whom the pod of each node asks, by node name: all others, or a sample in which each asks six and is asked by six. Two nodes next to each other in
 * the list are always a pair, so that every node is in one. The same names give the same pairs.
 */
export function pairsOf(nodes: readonly string[]): Map<string, readonly string[]> {
	const count = nodes.length;
	const steps =
		count <= ALL_PAIRS_UP_TO
			? Array.from({ length: count - 1 }, (_, index) => index + 1)
			: Array.from({ length: ASKED_BY_EACH }, (_, index) => 1 + Math.floor((index * (count - 1)) / ASKED_BY_EACH));
	return new Map(nodes.map((node, at) => [node, steps.map((step) => nodes[(at + step) % count] ?? node)]));
}

/** At most so many of a list, spread over all of it. */
export function spread<T>(all: readonly T[], most: number): T[] {
	if (all.length <= most) return [...all];
	return Array.from({ length: most }, (_, index) => all[Math.floor((index * all.length) / most)] as T);
}
