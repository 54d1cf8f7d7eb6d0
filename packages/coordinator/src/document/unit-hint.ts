import { ownValue } from "@rollcall/protocol";
import type { DocumentPath } from "./finding.ts";

const SECONDS: Readonly<Record<string, number>> = { s: 1, sec: 1, m: 60, min: 60, h: 3600, d: 86_400 };

/** What was probably meant by a value with the wrong unit or the wrong type: times, sizes, and texts that YAML read as numbers. */
export function unitHint(path: DocumentPath, written: unknown, source: string | undefined): string | undefined {
	const name = String(path.findLast((part) => typeof part === "string") ?? "");
	if (typeof written === "string") {
		const [, amount, unit] = /^\s*(\d+(?:\.\d+)?)\s*([A-Za-z]+)\s*$/.exec(written) ?? [];
		if (amount === undefined || unit === undefined) {
			return /^\d+$/.test(written) && !/version/i.test(name)
				? `write the number without quotes: ${written}`
				: undefined;
		}
		const factor = ownValue(SECONDS, unit.toLowerCase());
		if (/Seconds$/.test(name) && factor !== undefined)
			return `seconds, as a number: ${Math.round(Number(amount) * factor)}`;
		const [, prefix] = /^([kmgt])i?b?$/i.exec(unit) ?? [];
		if (prefix && /memory|size|bytes/i.test(name))
			return `binary units: ${Math.ceil(Number(amount))}${prefix.toUpperCase()}iB`;
		return undefined;
	}
	if (typeof written === "number" && source !== undefined && !/Seconds$|count|port/i.test(name)) {
		return `put it in quotes, YAML takes it for a number: "${source}"`;
	}
	if (typeof written === "boolean" && source !== undefined)
		return `put it in quotes, YAML takes it for true or false: "${source}"`;
	return undefined;
}
