import { untoldSeats } from "../domain/seats/empty-seats.ts";
import type { Clock } from "../ports/clock.ts";
import type { Core } from "../ports/core.ts";

/** The time between two looks. */
const LOOK_EVERY_MS = 5_000;
/** Machines need some time to boot and to take the seats of a new document. What is told of a slot is told at most so often. */
const GRACE_MS = 120_000;

/** Has recorded which declared seats nobody holds, once they have been empty for a while. */
export interface SeatWatch {
	look(): Promise<void>;
	close(): void;
}

interface Surroundings {
	readonly core: Pick<Core, "fleet" | "submit" | "leadership">;
	readonly clock: Pick<Clock, "now" | "monotonic">;
}

/**
 * Watches the seats of each slot. A machine that boots anew or is lost keeps its seat, so that only seats without a machine are told. What was
 * told is in the log: another leader does not tell it again. That no seat is empty any more is told at once. A coordinator that follows
 * watches too, so that a change of the lead delays nothing.
 */
export function watchSeats({ core, clock }: Surroundings): SeatWatch {
	/** By slot: since when its empty seats are others than were told. */
	const since = new Map<string, number>();
	const look = async (): Promise<void> => {
		const now = clock.monotonic();
		const untold = untoldSeats(core.fleet(), clock.now());
		const slots = new Set(untold.map(({ slot }) => slot));
		for (const slot of since.keys()) if (!slots.has(slot)) since.delete(slot);
		for (const slot of slots) if (!since.has(slot)) since.set(slot, now);
		if (!core.leadership().leads) return;
		const due = untold.filter(({ slot, empty }) => empty === 0 || now - (since.get(slot) ?? now) >= GRACE_MS);
		if (due.length > 0) await core.submit({ kind: "seats-empty", slots: due.map(({ slot }) => slot) });
	};
	const timer = setInterval(() => void look(), LOOK_EVERY_MS);
	timer.unref();
	return { look, close: () => clearInterval(timer) };
}
