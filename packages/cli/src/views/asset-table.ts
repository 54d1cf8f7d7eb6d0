import type { AssetView, AssetWork } from "@rollcall/protocol";
import { type TableOptions, tableLines } from "../text/table.ts";
import { sizeText } from "./field-list.ts";

/** The table of `rollcall assets list`. */
export function assetTable(assets: readonly AssetView[], options: TableOptions): string[] {
	return tableLines(
		[
			{ title: "NAME", text: ({ name }) => name, min: 12, style: () => "bold" },
			{ title: "SIZE", text: ({ sizeBytes }) => sizeText(sizeBytes) },
			{ title: "GZIP", text: ({ gzipBytes }) => (gzipBytes === undefined ? "" : sizeText(gzipBytes)), drop: 3 },
			{ title: "SHA-256", text: ({ sha256 }) => sha256, min: 12, drop: 4 },
			{ title: "CHECKED BY", text: ({ checked }) => checked.join(", "), drop: 2 },
			{ title: "FROM", text: ({ source }) => source, min: 10, drop: 5 },
		],
		assets,
		options,
	);
}

/** The table of `rollcall assets work`. */
export function workTable(works: readonly AssetWork[], options: TableOptions): string[] {
	return tableLines(
		[
			{ title: "WORK", text: ({ workId }) => workId, min: 36 },
			{ title: "WHAT", text: ({ kind, name = "" }) => `${kind} ${name}`.trim(), min: 12 },
			{ title: "SO FAR", text: progressText },
		],
		works,
		options,
	);
}

/** How far a work is, in words: `61.0 MiB of 240.0 MiB (25%)`. */
export function progressText({ doneBytes, totalBytes }: Pick<AssetWork, "doneBytes" | "totalBytes">): string {
	if (totalBytes === undefined || totalBytes === 0) return sizeText(doneBytes);
	return `${sizeText(doneBytes)} of ${sizeText(totalBytes)} (${Math.floor((doneBytes / totalBytes) * 100)}%)`;
}
