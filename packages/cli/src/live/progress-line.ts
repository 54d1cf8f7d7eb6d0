import type { AssetWork } from "@rollcall/protocol";
import type { Session } from "../session.ts";
import { progressText } from "../views/asset-table.ts";
import { statusLine } from "./status-line.ts";

/** How far the adding of a file is, on a terminal. */
export function progressLine(
	session: Session,
	what: string,
): { readonly show: (work: AssetWork) => void; readonly end: () => void } {
	const { show, end } = statusLine(session);
	return { show: (work) => show(`${what}: ${progressText(work)}`), end };
}
