import { messageOf } from "@rollcall/protocol";
import type { Log } from "../ports.ts";

/** Writes down what counts already, also where there is no room for it just now. */
export interface LateWriter {
	/** Writes now. A failure is logged, the first of several, and the write is due from then on. */
	save(): void;
	/** It is written down as it is now, by somebody else. */
	saved(): void;
	/** Writes what is due. */
	catchUp(): void;
}

/** `what` cannot be written down yet, as the log says it; `write` writes the newest state and may throw. */
export function createLateWriter(log: Log, what: string, write: () => void): LateWriter {
	let isDue = false;
	const save = (): void => {
		try {
			write();
			isDue = false;
		} catch (error) {
			if (!isDue) log.warn(`${what} cannot be written down yet`, { reason: messageOf(error) });
			isDue = true;
		}
	};
	return {
		save,
		saved() {
			isDue = false;
		},
		catchUp() {
			if (isDue) save();
		},
	};
}
