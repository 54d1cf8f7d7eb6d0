import {
	type BootDocument,
	type BootRequest,
	type Facts,
	type Group,
	type GroupSelector,
	type Labels,
	macsOf,
	type NetworkUnit,
	normalizeMac,
	normalizeUuid,
	ownValue,
	type Profile,
	swappedUuid,
} from "@rollcall/protocol";

/** What the fleet knows of a machine that asks, from an earlier boot or from its declaration. */
export interface KnownMachine {
	readonly labels: Labels;
	readonly nodeName?: string | undefined;
	readonly facts?: Facts | undefined;
}

/** The group and the profile that a machine gets. */
export interface Matched {
	readonly group: Group;
	readonly profile: Profile;
}

/**
 * Finds the group of a machine: all conditions of its selector hold; of several, the one with the most conditions; of
 * several such, the one whose name sorts first. So the answer never depends on the order of the document.
 */
export function matchGroup(document: BootDocument, request: BootRequest, known?: KnownMachine): Matched | undefined {
	const best = document.groups
		.filter((group) => selects(group.selector, request, known))
		.map((group) => ({ group, conditions: conditionsOf(group.selector) }))
		.sort((a, b) => b.conditions - a.conditions || (a.group.name < b.group.name ? -1 : 1))
		.at(0);
	if (!best) return undefined;
	const profile = document.profiles.find((candidate) => candidate.name === best.group.profile);
	return profile && { group: best.group, profile };
}

/** The network units of a machine. Of several matching units with one name it gets the one with the most conditions; of several such, the first. */
export function networkUnits(
	{ network }: Pick<BootDocument, "network">,
	request: BootRequest,
	known?: KnownMachine,
): NetworkUnit[] {
	const best = new Map<string, NetworkUnit>();
	for (const unit of network) {
		if (!selects(unit.selector ?? {}, request, known)) continue;
		const before = best.get(unit.name);
		if (!before || conditionsOf(unit.selector ?? {}) > conditionsOf(before.selector ?? {})) best.set(unit.name, unit);
	}
	return [...best.values()];
}

/** How many conditions a selector has. */
function conditionsOf(selector: GroupSelector): number {
	const { request, labels, ...facts } = selector;
	const count = (object: object | undefined) => Object.keys(object ?? {}).length;
	return count(request) + count(labels) + Object.values(facts).filter((value) => value !== undefined).length;
}

/** True when every condition holds. A condition on facts does not hold for a machine that is not known yet. */
function selects(selector: GroupSelector, request: BootRequest, known?: KnownMachine): boolean {
	for (const [key, wanted] of Object.entries(selector.request ?? {})) {
		if (!isSame(key, requestLabel(request, key), wanted)) return false;
	}
	for (const [key, wanted] of Object.entries(selector.labels ?? {}))
		if (ownValue(known?.labels, key) !== wanted) return false;
	const facts = known?.facts;
	const { arch, minCpus, minMemory, minNics, vendor, product, rehearsal } = selector;
	return (
		(arch === undefined || (facts?.cpu.arch ?? request.arch) === arch) &&
		(minCpus === undefined || (facts?.cpu.count ?? 0) >= minCpus) &&
		(minMemory === undefined || (facts?.memory.totalBytes ?? 0) >= minMemory) &&
		(minNics === undefined || (facts ? macsOf(facts).length : 0) >= minNics) &&
		(vendor === undefined || facts?.smbios.vendor === vendor) &&
		(product === undefined || facts?.smbios.product === product) &&
		(rehearsal === undefined || (facts?.rehearsal ?? false) === rehearsal)
	);
}

function requestLabel(request: BootRequest, key: string): string | undefined {
	if (key.toLowerCase() === "mac") return request.mac;
	return ownValue(request.labels, key);
}

/** MACs and UUIDs are the same in any notation, a UUID also in the order of bytes that VMware's files have. */
function isSame(key: string, said: string | undefined, wanted: string): boolean {
	if (said === undefined) return false;
	if (key.toLowerCase() === "mac") return said === normalizeMac(wanted);
	if (key !== "uuid") return said === wanted;
	const uuid = normalizeUuid(said);
	const meant = normalizeUuid(wanted);
	if (uuid === undefined || meant === undefined) return said === wanted.toLowerCase();
	return uuid === meant || uuid === swappedUuid(meant);
}
