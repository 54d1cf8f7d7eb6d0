import type { Fleet, Machine } from "../fleet.ts";
import { type Member, membersOf } from "../networks/members.ts";
import { oncePer } from "../once-per.ts";
import { etcdRole } from "../seats/seats.ts";
import { livingMembers } from "./members.ts";
import { names } from "./names.ts";

/** Holders of seats for etcd that have one address, by address. etcd makes the id of a member of its address, and none begins where two are the same. */
const sharers = oncePer(findSharers);

function findSharers(fleet: Fleet): readonly (readonly Member[])[] {
	const document = fleet.cluster?.document;
	const byAddress = new Map<string, Member[]>();
	for (const one of document ? membersOf(fleet, etcdRole(document)) : [])
		byAddress.set(one.address, [...(byAddress.get(one.address) ?? []), one]);
	return [...byAddress.values()].filter(({ length }) => length > 1);
}

/** Says so where two machines with seats for etcd have one address, and what a person can do; undefined where all have their own. */
export function sharedAddressText(fleet: Fleet): string | undefined {
	const [first, ...others] = sharers(fleet)[0] ?? [];
	if (!first) return undefined;
	const list = names([first, ...others].map(({ nodeName }) => nodeName));
	return `${list} have the same address, ${first.address}, by which etcd tells its members apart: give each of them its own, or rollcall remove what is gone for good`;
}

/** True for a machine whose address is that of a living member on another one: etcd would not take it. */
export function hasMembersAddress(fleet: Fleet, { machineId, seat }: Machine): boolean {
	const isIn = (group: readonly Member[], name?: string): boolean => group.some(({ nodeName }) => nodeName === name);
	const group = sharers(fleet).find((one) => isIn(one, seat?.nodeName));
	if (!group) return false;
	return livingMembers(fleet).some((one) => one.machineId !== machineId && isIn(group, one.nodeName));
}
