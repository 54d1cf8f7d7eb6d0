import type { TokenView } from "@rollcall/protocol";
import type { Style } from "../text/colour.ts";
import { ago, durationText } from "../text/duration.ts";
import { type TableOptions, tableLines } from "../text/table.ts";
import { labelsText } from "./field-list.ts";

const STYLES: Record<TokenView["state"], Style> = { usable: "green", used: "blue", expired: "dim", revoked: "red" };

/** The table of `rollcall token list`. */
export function tokenTable(tokens: readonly TokenView[], now: number, options: TableOptions): string[] {
	const left = (token: TokenView) => {
		if (token.expiresAt === undefined) return "never";
		const rest = Date.parse(token.expiresAt) - now;
		return rest > 0 ? `in ${durationText(rest)}` : `${durationText(-rest)} ago`;
	};
	return tableLines(
		[
			{ title: "TOKEN", text: (token) => token.tokenId, style: () => "bold" },
			{ title: "SCOPE", text: (token) => token.scope },
			{ title: "STATE", text: (token) => token.state, style: (token) => STYLES[token.state] },
			{ title: "AGE", text: (token) => ago(token.createdAt, now), drop: 3 },
			{ title: "EXPIRES", text: left, drop: 2 },
			{ title: "LAST USED", text: ({ lastUsed }) => (lastUsed ? `${ago(lastUsed.at, now)} ago` : ""), drop: 4 },
			{ title: "USED BY", text: (token) => token.nodeName ?? token.usedBy ?? "", min: 10, drop: 4 },
			{ title: "MAC", text: (token) => token.mac ?? "", drop: 5 },
			{ title: "LABELS", text: (token) => labelsText(token.labels), min: 10, drop: 6 },
			...(tokens.some(({ reach }) => reach) ? [{ title: "ONLY", text: onlyText, min: 10, drop: 7 }] : []),
		],
		tokens,
		options,
	);
}

/** What a token is limited to. */
function onlyText({ reach }: TokenView): string {
	if (!reach) return "";
	const { cluster, role, labels } = reach;
	return [
		...(cluster === undefined ? [] : [`cluster ${cluster}`]),
		...(role === undefined ? [] : [`role ${role}`]),
		...(labels === undefined ? [] : [labelsText(labels)]),
	].join(", ");
}
