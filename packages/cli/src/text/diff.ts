/** One line of a comparison. */
interface Step {
	readonly sign: " " | "-" | "+";
	readonly text: string;
}

/** Texts that differ in more lines than this are shown as removed and added whole: the search costs its square. */
const MOST_EDITS = 2000;

/**
 * The difference of two texts in unified format (diff(1), `diff -u`), without the two header lines; empty for equal texts.
 * `context` lines stand around each change.
 */
export function unifiedDiff(before: string, after: string, context = 3): string[] {
	const steps = compare(linesOf(before), linesOf(after));
	const changed = steps.flatMap((step, index) => (step.sign === " " ? [] : [index]));
	const lines: string[] = [];
	for (let at = 0; at < changed.length; ) {
		const first = changed[at] ?? 0;
		let last = first;
		// Changes whose surroundings touch are one hunk.
		while (at < changed.length && (changed[at] ?? 0) - last <= context * 2 + 1) {
			last = changed[at] ?? last;
			at += 1;
		}
		lines.push(...hunk(steps, Math.max(0, first - context), Math.min(steps.length, last + context + 1)));
	}
	return lines;
}

function hunk(steps: readonly Step[], from: number, to: number): string[] {
	const shown = steps.slice(from, to);
	const count = (part: readonly Step[], sign: string) => part.filter((step) => step.sign !== sign).length;
	const head = steps.slice(0, from);
	const range = (sign: "+" | "-") => {
		const length = count(shown, sign);
		const start = count(head, sign) + (length === 0 ? 0 : 1);
		return length === 1 ? `${start}` : `${start},${length}`;
	};
	return [`@@ -${range("+")} +${range("-")} @@`, ...shown.map((step) => step.sign + step.text)];
}

function linesOf(text: string): string[] {
	if (text === "") return [];
	const lines = text.split("\n");
	if (lines.at(-1) === "") lines.pop();
	else lines.push("\\ No newline at end of file");
	return lines;
}

/** All lines of both texts in order, with what happened to each. */
function compare(before: readonly string[], after: readonly string[]): Step[] {
	let head = 0;
	while (head < before.length && head < after.length && before[head] === after[head]) head += 1;
	let tail = 0;
	while (
		tail < before.length - head &&
		tail < after.length - head &&
		before[before.length - 1 - tail] === after[after.length - 1 - tail]
	) {
		tail += 1;
	}
	const same = (text: string): Step => ({ sign: " ", text });
	return [
		...before.slice(0, head).map(same),
		...middle(before.slice(head, before.length - tail), after.slice(head, after.length - tail)),
		...before.slice(before.length - tail).map(same),
	];
}

/** The shortest edit script (Myers, "An O(ND) Difference Algorithm and Its Variations", 1986). */
function middle(before: readonly string[], after: readonly string[]): Step[] {
	const limit = Math.min(before.length + after.length, MOST_EDITS);
	const furthest = new Map<number, number>([[1, 0]]);
	const trace: Map<number, number>[] = [];
	for (let edits = 0; edits <= limit; edits += 1) {
		trace.push(new Map(furthest));
		for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
			let x = step(furthest, diagonal, edits);
			while (x < before.length && x - diagonal < after.length && before[x] === after[x - diagonal]) x += 1;
			furthest.set(diagonal, x);
			if (x >= before.length && x - diagonal >= after.length) return walkBack(before, after, trace);
		}
	}
	return [...before.map((text): Step => ({ sign: "-", text })), ...after.map((text): Step => ({ sign: "+", text }))];
}

function goesDown(furthest: ReadonlyMap<number, number>, diagonal: number, edits: number): boolean {
	if (diagonal === -edits) return true;
	return diagonal !== edits && (furthest.get(diagonal - 1) ?? -1) < (furthest.get(diagonal + 1) ?? -1);
}

function step(furthest: ReadonlyMap<number, number>, diagonal: number, edits: number): number {
	return goesDown(furthest, diagonal, edits)
		? (furthest.get(diagonal + 1) ?? 0)
		: (furthest.get(diagonal - 1) ?? 0) + 1;
}

function walkBack(
	before: readonly string[],
	after: readonly string[],
	trace: readonly ReadonlyMap<number, number>[],
): Step[] {
	const steps: Step[] = [];
	let x = before.length;
	let y = after.length;
	for (let edits = trace.length - 1; edits >= 0; edits -= 1) {
		const furthest = trace[edits] ?? new Map<number, number>();
		const diagonal = x - y;
		const down = goesDown(furthest, diagonal, edits);
		const fromX = furthest.get(down ? diagonal + 1 : diagonal - 1) ?? 0;
		const fromY = fromX - (down ? diagonal + 1 : diagonal - 1);
		while (x > Math.max(fromX, 0) && y > Math.max(fromY, 0)) {
			x -= 1;
			y -= 1;
			steps.push({ sign: " ", text: before[x] ?? "" });
		}
		if (edits === 0) break;
		if (down) {
			y -= 1;
			steps.push({ sign: "+", text: after[y] ?? "" });
		} else {
			x -= 1;
			steps.push({ sign: "-", text: before[x] ?? "" });
		}
	}
	return steps.reverse();
}
