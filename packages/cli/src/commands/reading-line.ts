import { NOBODY_LOOKS, type Reading } from "../assets/read-hash.ts";
import { statusLine } from "../live/status-line.ts";
import type { Session } from "../session.ts";
import { progressText } from "../views/asset-table.ts";

/** How far the reading of a file is, before it is uploaded, on a terminal; nothing where JSON is asked for. */
export function readingLine(session: Session): Reading {
	if (session.json) return NOBODY_LOOKS;
	const { show, end } = statusLine(session);
	return {
		show: ({ name, sizeBytes }, doneBytes) =>
			show(`${name}: reading ${progressText({ doneBytes, totalBytes: sizeBytes })}`),
		end,
	};
}
