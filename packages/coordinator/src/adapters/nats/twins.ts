import { randomUUID } from "node:crypto";
import { decode, encode, SUBJECT_ROOT } from "@rollcall/protocol";
import { z } from "zod";
import { TwinFound } from "../../errors.ts";
import type { Clock } from "../../ports/clock.ts";
import type { BusConnection } from "./connect.ts";
import { isNoResponders } from "./no-responders.ts";

/** How often a coordinator says that it runs, in milliseconds. */
const SAY_EVERY_MS = 5_000;
/** To one that was heard it is said at once, but not more often than this, in milliseconds. */
const SAY_AGAIN_MS = 500;
/** How long a start waits for an answer, where somebody listens. In milliseconds. */
const ANSWER_WITHIN_MS = 2_000;
const MAX_BYTES = 4096;

/** What a process with a coordinator's id says of itself. */
const Here = z.strictObject({
	/** Another one for each process. */
	instance: z.uuid(),
	/** Its computer and data folder, for people. */
	place: z.string().max(1024),
	/** When it began: a date, in milliseconds since 1970. */
	since: z.int().min(0),
});
type Here = z.infer<typeof Here>;

/** What tells this process from another one with its id, and who hears of one. */
export interface TwinOptions {
	readonly coordinatorId: string;
	/** The computer and the data folder, for people. */
	readonly place: string;
	/** Its date says who began later. */
	readonly clock: Pick<Clock, "wall" | "monotonic" | "sleep">;
	/** Another one for each process; by chance without it. */
	readonly instance?: string;
	/** Told of another process that has the same id and stops, or does not answer. */
	readonly onTwin: (text: string) => void;
	/** This process is the one that has to stop. */
	readonly onYield: (error: TwinFound) => void;
}

/** A watch that runs until it is closed. */
export interface TwinWatch {
	/** Says at once that this process runs; to be called when it begins to lead. */
	say(): void;
	close(): void;
}

/**
 * Sees to it that one process alone has a coordinator's id on a bus: two would take the lead from each other for ever, since neither hears the
 * other's announcements. One that starts while another runs throws TwinFound; of two that meet later the one stops that began later.
 */
export async function watchTwins({ nc, connected, on }: BusConnection, options: TwinOptions): Promise<TwinWatch> {
	const subject = `${SUBJECT_ROOT}.coordinator.${options.coordinatorId}`;
	const { clock, instance = randomUUID() } = options;
	const own: Here = { instance, place: options.place, since: clock.wall() };
	const here = (): Uint8Array => encode(own);
	const first = await nc
		.request(subject, here(), { timeout: ANSWER_WITHIN_MS, noMux: true })
		.catch((error: unknown) => (isNoResponders(error) ? undefined : "silent"));
	if (first === "silent")
		options.onTwin(`a process with this coordinator's id ${options.coordinatorId} is connected and does not answer`);
	else if (first) {
		const found = decode(Here, first.data, "another coordinator", MAX_BYTES);
		throw twinFound(options.coordinatorId, found.ok ? found.value.place : "somewhere");
	}
	let said = Number.NEGATIVE_INFINITY;
	const say = (): void => {
		said = clock.monotonic();
		if (connected()) nc.publish(subject, here());
	};
	const subscription = nc.subscribe(subject, {
		callback: (error, message) => {
			if (error) return;
			const heard = decode(Here, message.data, "another coordinator", MAX_BYTES);
			if (!heard.ok || heard.value.instance === instance) return;
			const other = heard.value;
			const isStarting = message.reply !== undefined && message.reply !== "";
			const found = twinFound(options.coordinatorId, other.place);
			if (isStarting) message.respond(here());
			else if (isLater(own, other)) return options.onYield(found);
			else if (clock.monotonic() - said >= SAY_AGAIN_MS) say();
			options.onTwin(`${found.message}; it is to stop, and this one goes on`);
		},
	});
	const stop = new AbortController();
	const sayAgain = async (): Promise<void> => {
		while (!stop.signal.aborted) {
			say();
			await clock.sleep(SAY_EVERY_MS, stop.signal);
		}
	};
	const forget = on("reconnect", say);
	void sayAgain();
	return {
		say,
		close: () => {
			stop.abort();
			forget();
			subscription.unsubscribe();
		},
	};
}

/** Both come to the same: by their dates, and by chance where those are equal. */
function isLater(own: Here, other: Here): boolean {
	return own.since === other.since ? own.instance > other.instance : own.since > other.since;
}

function twinFound(coordinatorId: string, place: string): TwinFound {
	return new TwinFound(
		`another process on this bus has the same coordinator id ${coordinatorId}: ${place}. One data folder is a copy of the other: end the one that is not wanted, or remove the file coordinator-id from its data folder to have it go on as another coordinator`,
	);
}
