import type { AssetWork } from "@rollcall/protocol";
import type { Session } from "../session.ts";
import { progressText } from "../views/asset-table.ts";

/** A line that is written over and over on a terminal; nothing in a pipe. */
export function progressLine(
	session: Session,
	what: string,
): { readonly show: (work: AssetWork) => void; readonly end: () => void } {
	if (!session.err.isTerminal) return { show: () => undefined, end: () => undefined };
	const clear = "\r\u001b[K";
	return {
		show: (work) => session.err.write(`${clear}${what}: ${progressText(work)}`),
		end: () => session.err.write(clear),
	};
}
