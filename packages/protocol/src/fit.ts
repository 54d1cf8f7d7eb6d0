import type { z } from "zod";

/** How often a value is looked at again after it was cut; every look brings all that is too large on one level. */
const MAX_LOOKS = 4;

/** A value that fits its schema, or what of it does not: the field and why, in words. */
export type Fitted<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string };

/**
 * Makes what comes from outside fit a schema by its size alone: texts and lists that are too long are cut, and a number with a
 * fraction is rounded where a whole one is meant. The one place where that is done. Whatever else does not fit is refused. A
 * value that fits is given back as the schema reads it, with the defaults of fields that it lacks.
 */
export function fit<T>(schema: z.ZodType<T>, value: T): Fitted<T> {
	let now: unknown = value;
	for (let look = 0; ; look++) {
		const read = schema.safeParse(now);
		if (read.success) return { ok: true, value: read.data };
		const { issues } = read.error;
		const mended = issues.reduce<unknown>((part, issue) => mend(part, issue.path, issue), now);
		if (look < MAX_LOOKS && mended !== now) {
			now = mended;
			continue;
		}
		const [first] = issues;
		return { ok: false, reason: `${first?.path.join(".") || "all of it"}: ${first?.message ?? "not valid"}` };
	}
}

/** The same value where nothing can be mended. */
function mend(value: unknown, path: readonly PropertyKey[], issue: z.core.$ZodIssue): unknown {
	const [key, ...rest] = path;
	if (key === undefined) return cut(value, issue);
	if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return value;
	const before = (value as Record<PropertyKey, unknown>)[key];
	const after = mend(before, rest, issue);
	if (after === before) return value;
	if (Array.isArray(value)) return value.with(Number(key), after);
	return { ...value, [key]: after };
}

function cut(value: unknown, issue: z.core.$ZodIssue): unknown {
	if (issue.code === "too_big" && typeof value === "string") return cutText(value, Number(issue.maximum));
	if (issue.code === "too_big" && Array.isArray(value)) return value.slice(0, Number(issue.maximum));
	if (issue.code === "invalid_type" && typeof value === "number" && Number.isFinite(value)) return Math.round(value);
	return value;
}

/** Cuts a text to so many UTF-16 units, and never through a character that needs two of them. */
export function cutText(text: string, most: number): string {
	if (text.length <= most) return text;
	const last = text.charCodeAt(most - 1);
	return text.slice(0, last >= 0xd800 && last < 0xdc00 ? most - 1 : most);
}
