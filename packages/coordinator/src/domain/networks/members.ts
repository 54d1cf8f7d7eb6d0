import type { Fleet } from "../fleet.ts";
import { holdersOf } from "../seats/seats.ts";
import { chooseNodeAddress, nodeFamily } from "./node-address.ts";

/** A machine that holds a seat, as others must know it. */
export interface Member {
	readonly nodeName: string;
	readonly address: string;
}

/** The holders of the numbered seats of a role whose address is known, in the order of slots and seats. */
export function membersOf(fleet: Fleet, role: string): readonly Member[] {
	const networks = fleet.cluster?.document.networks;
	if (!networks) return [];
	const family = nodeFamily(networks);
	return holdersOf(fleet, new Set([role])).flatMap(({ facts, seat }): Member[] => {
		const chosen = chooseNodeAddress(facts, networks.nodeAddress, family);
		return chosen.ok && seat ? [{ nodeName: seat.nodeName, address: chosen.address }] : [];
	});
}
