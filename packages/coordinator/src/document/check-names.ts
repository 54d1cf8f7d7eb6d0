import { BUILT_IN_ROLES, normalizeUuid, swappedUuid } from "@rollcall/protocol";
import type { Check, DocumentPath, Finding } from "./finding.ts";

/** Finds names that are given twice, to slots, approval rules, machines or nodes, and roles that have the name of a built-in one. */
export const checkNames: Check = (document) => {
	const { slots, approval, machines, roles } = document;
	return {
		findings: [
			...twice(
				"slot",
				slots.map(({ name }, index) => [name, ["slots", index, "name"]]),
			),
			...twice(
				"rule",
				approval.rules.map(({ name }, index) => [name, ["approval", "rules", index, "name"]]),
			),
			...twice(
				"machine with the uuid",
				machines.map(({ uuid }, index) => [uuid, ["machines", index, "uuid"]]),
				sameInBothOrders,
			),
			...twice(
				"machine with the mac",
				machines.map(({ mac }, index) => [mac, ["machines", index, "mac"]]),
			),
			...twice(
				"node",
				machines.map(({ nodeName }, index) => [nodeName, ["machines", index, "nodeName"]]),
			),
			...twice(
				"mirror of",
				document.images.mirrors.map(({ registry }, index) => [registry, ["images", "mirrors", index, "registry"]]),
			),
			...Object.keys(roles)
				.filter((name) => (BUILT_IN_ROLES as readonly string[]).includes(name))
				.map((name) => ({
					path: ["roles", name],
					message: `${name} is a built-in role and cannot be defined again`,
					suggestion: `choose another name, like my-${name}`,
				})),
		],
	};
};

/** One text for a UUID and the same with its bytes in the other order: both mean one machine. */
function sameInBothOrders(uuid: string): string {
	const swapped = normalizeUuid(uuid) ? swappedUuid(uuid) : uuid;
	return swapped < uuid ? swapped : uuid;
}

/** Names that are there more than once, each as the document has it. `meaning`: equal for names that mean the same. */
function twice(
	what: string,
	named: readonly (readonly [string | undefined, DocumentPath])[],
	meaning: (name: string) => string = (name) => name,
): Finding[] {
	const first = new Map<string, number>();
	return named.flatMap(([name, path], index) => {
		if (name === undefined) return [];
		const before = first.get(meaning(name));
		if (before === undefined) {
			first.set(meaning(name), index);
			return [];
		}
		return [
			{
				path,
				message: `there is another ${what} ${name}, number ${before + 1} of the list`,
				suggestion: "give each its own",
			},
		];
	});
}
