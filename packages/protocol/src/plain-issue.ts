import type { z } from "zod";
import { withoutAccounts } from "./without-accounts.ts";

/** What a schema finds wrong with a value. */
export type Issue = z.core.$ZodIssue;

/** An issue in words of our own, for people; those that a schema gave itself are taken as they are. `written`: what stands there. */
export function plainIssue(issue: Issue, written: unknown): string {
	switch (issue.code) {
		case "invalid_type":
			return written === undefined
				? `is missing (${kindOf(issue.expected)})`
				: `expected ${kindOf(issue.expected)}${got(written)}`;
		case "invalid_value": {
			const known = issue.values.map(String);
			return `expected ${known.length === 1 ? known[0] : `one of ${known.join(", ")}`}${got(written)}`;
		}
		case "unrecognized_keys":
			return `${issue.keys.map((key) => JSON.stringify(key.slice(0, 80))).join(", ")} is not known here`;
		case "too_small":
		case "too_big":
			return isOwn(issue) ? issue.message : boundOf(issue, written);
		case "invalid_format":
			return isOwn(issue) ? issue.message : `is no ${FORMATS[issue.format] ?? issue.format}${got(written)}`;
		default:
			return isOwn(issue) ? issue.message : `is not what may stand here${got(written)}`;
	}
}

/** What a value has at a path of an issue; undefined where there is nothing. */
export function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
	return path.reduce<unknown>((at, part) => {
		if (typeof at !== "object" || at === null || !Object.hasOwn(at, part)) return undefined;
		return (at as Record<PropertyKey, unknown>)[part];
	}, value);
}

/** What YAML has, in the words of its own specification where they are plain. */
const KINDS: Readonly<Record<string, string>> = {
	object: "a map",
	record: "a map",
	array: "a list",
	string: "a text",
	number: "a number",
	int: "a whole number",
	boolean: "true or false",
};

function kindOf(expected: string): string {
	return KINDS[expected] ?? expected;
}

const FORMATS: Readonly<Record<string, string>> = {
	url: "address (URL)",
	datetime: "time (ISO 8601)",
	regex: "valid text",
	ipv4: "IPv4 address",
	ipv6: "IPv6 address",
	cidrv4: "IPv4 network",
	cidrv6: "IPv6 network",
};

/** True for a message of the schema's own, and not one of zod's. */
function isOwn({ message }: Issue): boolean {
	return !/^(?:Invalid|Too (?:small|big)|Unrecognized|Expected|Required)\b/.test(message);
}

function boundOf(issue: Extract<Issue, { code: "too_small" | "too_big" }>, written: unknown): string {
	const [most, number] = issue.code === "too_small" ? ["least", issue.minimum] : ["most", issue.maximum];
	const count = (one: string, many: string, has: number): string =>
		`needs at ${most} ${number} ${Number(number) === 1 ? one : many}, has ${has}`;
	// A text that stands for a number, such as a size, is bounded as that.
	if (typeof written === "string" && issue.origin !== "string") return `is at ${most} ${number}${got(written)}`;
	if (typeof written === "string") return count("character", "characters", written.length);
	if (Array.isArray(written)) return count("entry", "entries", written.length);
	if (typeof written === "object" && written !== null) return count("entry", "entries", Object.keys(written).length);
	return `is at ${most} ${number}${got(written)}`;
}

function got(written: unknown): string {
	if (written === undefined) return "";
	if (written === null) return ", got nothing";
	if (Array.isArray(written)) return ", got a list";
	if (typeof written === "object") return ", got a map";
	// JSON has no word for what is no finite number.
	if (typeof written === "number") return `, got ${written}`;
	return `, got ${JSON.stringify(typeof written === "string" ? withoutAccounts(written).slice(0, 80) : written)}`;
}
