import { type BootDocument, type GroupSelector, normalizeMac, normalizeUuid } from "@rollcall/protocol";
import { isPlausibleMac, plausibleUuid } from "../domain/identity/evidence.ts";
import type { Finding } from "./finding.ts";

/** Finds selectors that name no machine by what it says of itself, or that mean one machine and fit many. */
export function selectorProblems({ groups, network }: Pick<BootDocument, "groups" | "network">): Finding[] {
	return [
		...groups.flatMap(({ selector }, index) => faults(selector, ["groups", index])),
		...network.flatMap(({ selector }, index) => faults(selector ?? {}, ["network", index])),
	];
}

function faults({ request = {} }: GroupSelector, at: readonly (string | number)[]): Finding[] {
	return Object.entries(request).flatMap(([key, value]): Finding[] => {
		const message = faultOf(key.toLowerCase() === "mac" ? "mac" : key, value);
		return message === undefined ? [] : [{ path: [...at, "selector", "request", key], message }];
	});
}

function faultOf(key: string, value: string): string | undefined {
	const text = JSON.stringify(value);
	if (key === "mac") {
		const mac = normalizeMac(value);
		if (mac === undefined) return `${text} is no MAC, so no machine is selected by it`;
		return isPlausibleMac(mac) ? undefined : `${mac} is no card's own address, so no machine is selected by it`;
	}
	if (key !== "uuid") return undefined;
	const uuid = normalizeUuid(value);
	if (uuid === undefined) return `${text} is no UUID, so no machine is selected by it; a serial number is \`serial\``;
	if (plausibleUuid(uuid) !== undefined) return undefined;
	return `the firmware of many machines has the UUID ${uuid}; select the machine by its mac`;
}
