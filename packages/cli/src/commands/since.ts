import { parseSeconds } from "../text/duration.ts";

/** A moment: so many seconds ago, or milliseconds since 1970. */
export type Moment = { readonly secondsAgo: number } | { readonly time: number };

/** Reads `10m` (so long ago) or a time in ISO 8601; undefined when it is neither. */
export function readMoment(text: string): Moment | undefined {
	const secondsAgo = parseSeconds(text);
	if (secondsAgo !== undefined) return { secondsAgo };
	const time = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
	return Number.isNaN(time) ? undefined : { time };
}
