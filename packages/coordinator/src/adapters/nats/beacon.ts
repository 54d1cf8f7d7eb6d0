import { decode, encode, SUBJECT_ROOT, Timestamp } from "@rollcall/protocol";
import { z } from "zod";
import type { Beacon, Lead } from "../../ports/beacon.ts";
import type { BusConnection } from "./connect.ts";

/** Where the leading coordinator says that it lives. Agents have no right to it. */
export const LEAD_SUBJECT = `${SUBJECT_ROOT}.lead`;

/** An announcement that is older says nothing any more: the terms of a log that was begun again start small. */
const FORGOTTEN_AFTER_MS = 2_500;

const LeadMessage = z.strictObject({
	coordinatorId: z.string().min(1).max(64),
	url: z.string().max(256),
	term: z.int().min(1),
	at: Timestamp.optional(),
});

/** What a beacon needs. */
export interface BeaconOptions {
	/** One's own announcements do not count. */
	readonly coordinatorId: string;
	/** Milliseconds of a clock that never jumps. */
	readonly monotonic: () => number;
}

/**
 * Announces and hears leaders. One call of `announce` is one message; whoever leads repeats it. A leader of an older term
 * does not displace a newer one that is still heard.
 */
export function createBeacon({ nc, connected }: BusConnection, options: BeaconOptions): Beacon & { close(): void } {
	let latest: { readonly lead: Lead; readonly heardAt: number } | undefined;
	const current = (): typeof latest =>
		latest && options.monotonic() - latest.heardAt < FORGOTTEN_AFTER_MS ? latest : undefined;
	const subscription = nc.subscribe(LEAD_SUBJECT, {
		callback: (error, message) => {
			if (error) return;
			const heard = decode(LeadMessage, message.data, "announcement", 4096);
			if (!heard.ok || heard.value.coordinatorId === options.coordinatorId) return;
			if (heard.value.term < (current()?.lead.term ?? 0)) return;
			latest = { lead: heard.value, heardAt: options.monotonic() };
		},
	});
	return {
		announce: (lead) => {
			if (connected()) nc.publish(LEAD_SUBJECT, encode(lead));
		},
		latest: current,
		close: () => subscription.unsubscribe(),
	};
}
