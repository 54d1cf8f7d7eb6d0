import { z } from "zod";
import { EventSchema } from "../events.ts";

/** `GET /v1/events`: oldest first. `next`: ask again with `after` set to it; `last`: the newest event that there is. */
export const EventPage = z.strictObject({ events: z.array(EventSchema), next: z.int(), last: z.int() });
export type EventPage = z.infer<typeof EventPage>;

/** What the WebSocket says, one frame a message. `caught-up` comes once: what follows happens now. */
export const StreamFrame = z.discriminatedUnion("kind", [
	z.strictObject({ kind: z.literal("event"), event: EventSchema, text: z.string() }),
	z.strictObject({ kind: z.literal("caught-up"), seq: z.int() }),
]);
export type StreamFrame = z.infer<typeof StreamFrame>;

/** Reads a message of the event stream; undefined for one that is not ours, or of a kind that is not known here. */
export function readStreamFrame(text: string): StreamFrame | undefined {
	try {
		return StreamFrame.safeParse(JSON.parse(text)).data;
	} catch {
		return undefined;
	}
}
