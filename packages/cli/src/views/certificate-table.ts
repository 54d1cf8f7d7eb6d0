import type { CertificateView } from "@rollcall/protocol";
import type { Style } from "../text/colour.ts";
import { durationText } from "../text/duration.ts";
import { type TableOptions, tableLines } from "../text/table.ts";

const STYLES: Record<CertificateView["state"], Style> = {
	signing: "green",
	believed: "blue",
	valid: "green",
	expired: "red",
	"not-yet-valid": "red",
	disbelieved: "red",
};

/** The table of `rollcall certs`. */
export function certificateTable(
	certificates: readonly CertificateView[],
	now: number,
	options: TableOptions,
): string[] {
	const left = ({ expiresAt }: CertificateView) => {
		const rest = Date.parse(expiresAt) - now;
		return rest > 0 ? `in ${durationText(rest)}` : `${durationText(-rest)} ago`;
	};
	const holder = ({ kind, nodeName, machineId, by }: CertificateView) =>
		kind === "authority" ? "(authority)" : kind === "operator" ? (by ?? "") : (nodeName ?? machineId ?? "");
	return tableLines(
		[
			{ title: "HOLDER", text: holder, min: 10, whole: true, style: () => "bold" },
			{ title: "NAME", text: ({ name }) => name, min: 10, whole: true },
			{
				title: "STATE",
				text: ({ state }) => state.replaceAll("-", " "),
				style: ({ state }) => STYLES[state],
				drop: 1,
			},
			{ title: "EXPIRES", text: left },
			{ title: "SIGNER", text: ({ signer }) => signer, drop: 2 },
			{ title: "SUBJECT", text: ({ subject }) => subject, min: 10, drop: 3 },
			{ title: "SERIAL", text: ({ serial, fingerprint }) => serial ?? fingerprint?.slice(7, 23) ?? "", drop: 4 },
		],
		certificates,
		options,
	);
}
