import type { Fleet } from "../domain/fleet.ts";
import type { Clock } from "../ports/clock.ts";

/** Whoever appends next goes on from the newest event, also where that is ahead of the own clock: the log's time would stand still for as long. */
export function goOnFrom(clock: Pick<Clock, "now" | "resume">, { at }: Pick<Fleet, "at">): void {
	if (at > clock.now()) clock.resume(at, Number.NEGATIVE_INFINITY);
}
