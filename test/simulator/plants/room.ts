import { type Plant, swapped } from "./plant.ts";

const SHARE = "coordinator/src/loop/log-share.ts";

/** Faults in who may write how much to the log. */
export const ROOM: Readonly<Record<string, Plant>> = {
	"a machine has no share of the log": swapped(
		SHARE,
		"this.#level(key, share, at) + bytes > share.atOnce",
		"this.#level(key, share, at) + bytes < share.perMinute - share.atOnce",
	),
	"what is too large for an entry is decided on": swapped(
		SHARE,
		"bytes < MEASURE_FROM ? undefined : this.#tooLarge(events)",
		"bytes > 0 ? undefined : this.#tooLarge(events)",
	),
};
