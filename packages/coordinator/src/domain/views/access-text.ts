import { type EventOf, ownValue, type Standing } from "@rollcall/protocol";

/** A change through the API as a sentence: who, from where, what, and what was other before. */
export function changeText(event: EventOf<"change-made">): string {
	const { by, scope, from, route, machineId, about, before, after } = event;
	const subject = machineId ?? about;
	const changed = differenceText(before, after);
	return `${by} (${scope}, from ${from}): ${route}${subject === undefined ? "" : ` of ${subject}`}${changed === "" ? "" : `: ${changed}`}`;
}

/** Refused requests as a sentence. */
export function refusalsText({ total, most }: EventOf<"requests-refused">): string {
	const told = most.map(
		({ by, from, route, code, count }) => `${count} times ${route} by ${by ?? "nobody known"} from ${from} (${code})`,
	);
	return `${total} requests were refused: ${told.join("; ")}`;
}

function differenceText(before: Standing, after: Standing): string {
	const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
	return names
		.map((name) => `${name} ${ownValue(before, name) ?? "none"} -> ${ownValue(after, name) ?? "none"}`)
		.join(", ");
}
