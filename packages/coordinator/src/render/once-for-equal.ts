import { keepText, type TargetFile } from "@rollcall/protocol";

/** So many answers are kept of each renderer. A fleet has a few kinds of nodes. */
const MOST_KEPT = 64;

const numbers = new WeakMap<object, number>();
let given = 0;

/**
 * Has files that are the same on many nodes rendered once. `of` is all that is read: what two nodes have in common, objects being equal when they are one and
 * the same. The files are frozen, and their part in the digests of targets is written once as well.
 */
export function onceForEqual<Of extends object>(
	render: (of: Of) => readonly TargetFile[],
): (of: Of) => readonly TargetFile[] {
	const kept = new Map<string, readonly TargetFile[]>();
	return (of) => {
		let key = "";
		for (const value of Object.values(of)) key += `${keyOf(value)} `;
		const known = kept.get(key);
		if (known) return known;
		const files = Object.freeze(render(of).map((file) => keepText(Object.freeze(file))));
		if (kept.size >= MOST_KEPT) kept.clear();
		kept.set(key, files);
		return files;
	};
}

function keyOf(value: unknown): string {
	return typeof value === "object" && value !== null ? `#${numberOf(value)}` : (JSON.stringify(value) ?? "-");
}

function numberOf(value: object): number {
	const known = numbers.get(value);
	if (known !== undefined) return known;
	given++;
	numbers.set(value, given);
	return given;
}
