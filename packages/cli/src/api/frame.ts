import { StreamFrame } from "@rollcall/protocol";

/** One message of the event stream, checked. */
export type Frame = StreamFrame;

/** Reads a message of the event stream; undefined for one that is not ours, or of a kind that this command does not know. */
export function readFrame(text: string): Frame | undefined {
	try {
		return StreamFrame.safeParse(JSON.parse(text)).data;
	} catch {
		return undefined;
	}
}
