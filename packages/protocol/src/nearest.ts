/** The number of single letters that must be put in, taken out, changed or swapped with their neighbour (optimal string alignment). */
export function editDistance(a: string, b: string): number {
	let before: number[] = [];
	let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
	for (let i = 1; i <= a.length; i++) {
		const current = [i];
		for (let j = 1; j <= b.length; j++) {
			const cost = a[i - 1] === b[j - 1] ? 0 : 1;
			let best = Math.min((previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1, (previous[j - 1] ?? 0) + cost);
			if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
				best = Math.min(best, (before[j - 2] ?? 0) + 1);
			current.push(best);
		}
		before = previous;
		previous = current;
	}
	return previous[b.length] ?? 0;
}

/** The known word that is meant, if one is near enough: at most a third of its letters differ, or only case and dashes. */
export function nearest(word: string, known: readonly string[]): string | undefined {
	const plain = (text: string) => text.toLowerCase().replaceAll(/[-_ ]/g, "");
	const short = plain(word.slice(0, 80));
	let best: { word: string; distance: number } | undefined;
	for (const candidate of known) {
		const distance = editDistance(short, plain(candidate));
		if (
			distance <= Math.max(1, Math.floor(candidate.length / 3)) &&
			distance < (best?.distance ?? Number.POSITIVE_INFINITY)
		) {
			best = { word: candidate, distance };
		}
	}
	return best?.word;
}

/** A suggestion for a wrong word: the nearest known one, else all of them if they are few. */
export function suggestion(word: string, known: readonly string[]): string | undefined {
	const near = nearest(word, known);
	if (near !== undefined) return `did you mean ${near}?`;
	return known.length > 0 && known.length <= 16 ? `known are: ${known.join(", ")}` : undefined;
}
