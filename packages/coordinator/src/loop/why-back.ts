import type { Entry, Position } from "../ports/log.ts";

/** A place in the log, and the digest of the entry there, where it is known. */
export type Place = Pick<Entry, "position" | "link">;

/**
 * Why a log that ends at `last` went back behind the place to which it was read, in words; undefined where it did not. `there`: the entry that stands at that
 * place now, where that is known. Where the log lost its end, somebody may have gone on from there, up to the very place.
 */
export function whyBack(
	{ position, link }: Place,
	last: Position,
	there: Pick<Entry, "link"> | undefined,
): string | undefined {
	if (position > last) return `the event log ends at ${last}, and entry ${position} was there before`;
	if (link === undefined || there?.link === undefined || there.link === link) return undefined;
	return `entry ${position} of the event log is another one than before: the log went back and on in another way`;
}
