/** A reason without its numbers: ports, seconds and tries change all the time, and are no news. */
export function withoutNumbers(reason: string): string {
	return reason.replaceAll(/\d+/g, "#");
}

/** True when two reasons differ in their numbers at most. */
export function sameReason(a: string | undefined, b: string | undefined): boolean {
	return a === b || (a !== undefined && b !== undefined && withoutNumbers(a) === withoutNumbers(b));
}
