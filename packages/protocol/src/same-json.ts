/** True where two values have the same canonical JSON; found without writing either. A member whose value is undefined is none. */
export function sameJson(a: unknown, b: unknown): boolean {
	if (a === b) return true;
	if (typeof a !== "object" || typeof b !== "object" || a === null || b === null)
		return JSON.stringify(a ?? null) === JSON.stringify(b ?? null);
	if (Array.isArray(a) || Array.isArray(b))
		return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((one, at) => sameJson(one, b[at]));
	const [ofA, ofB] = [a as Record<string, unknown>, b as Record<string, unknown>];
	const names = membersOf(ofA);
	return (
		names.length === membersOf(ofB).length &&
		names.every((name) => Object.hasOwn(ofB, name) && ofB[name] !== undefined && sameJson(ofA[name], ofB[name]))
	);
}

function membersOf(value: Record<string, unknown>): string[] {
	const names = Object.keys(value);
	return names.every((name) => value[name] !== undefined) ? names : names.filter((name) => value[name] !== undefined);
}
