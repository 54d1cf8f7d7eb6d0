import { type Event, EventSchema } from "@rollcall/protocol";

/** One message of the event stream: an event with the coordinator's own sentence about it, or the end of what was recorded before. */
export type Frame =
	| { readonly kind: "event"; readonly event: Event; readonly text: string; readonly json: unknown }
	| { readonly kind: "caught-up"; readonly seq: number };

/** Reads a frame; undefined for one that is not ours, or of a kind that this command does not know. */
export function readFrame(text: string): Frame | undefined {
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch {
		return undefined;
	}
	if (typeof value !== "object" || value === null) return undefined;
	const frame = value as Record<string, unknown>;
	if (frame.kind === "caught-up" && typeof frame.seq === "number") return { kind: "caught-up", seq: frame.seq };
	if (frame.kind !== "event") return undefined;
	const event = EventSchema.safeParse(frame.event);
	if (!event.success) return undefined;
	return {
		kind: "event",
		event: event.data,
		text: typeof frame.text === "string" ? frame.text : "",
		json: frame.event,
	};
}
