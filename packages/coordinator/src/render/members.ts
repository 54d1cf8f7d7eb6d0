import type { ClusterDocument } from "@rollcall/protocol";
import { type Fleet, seatKey } from "../domain/fleet.ts";
import { parseNetwork } from "./network.ts";
import { chooseNodeAddress } from "./node-address.ts";

/** A machine that holds a seat, as others must know it. */
export interface Member {
	readonly nodeName: string;
	readonly address: string;
}

/** True when etcd has machines of its own: a slot with the role `etcd` is declared. */
export function hasOwnEtcd(document: ClusterDocument): boolean {
	return document.slots.some(({ role }) => role === "etcd");
}

/** So many machines run etcd when all seats are filled. */
export function declaredMembers(document: ClusterDocument, role: string): number {
	return document.slots.reduce((sum, slot) => sum + (slot.role === role && slot.count !== "rest" ? slot.count : 0), 0);
}

/** The holders of all seats of a role whose address is known, in the order of slots and seats. */
export function membersOf(fleet: Fleet, role: string): readonly Member[] {
	const document = fleet.cluster?.document;
	if (!document) return [];
	const family = parseNetwork(document.networks.pods)?.bits ?? 32;
	return document.slots
		.filter((slot) => slot.role === role)
		.flatMap((slot) => {
			const seats = slot.count === "rest" ? fleet.machines.size : slot.count;
			return Array.from({ length: seats }, (_, seat) => seatKey(slot.name, seat));
		})
		.flatMap((key): Member[] => {
			const holder = fleet.seats.get(key);
			const machine = holder === undefined ? undefined : fleet.machines.get(holder);
			if (!machine?.seat) return [];
			const chosen = chooseNodeAddress(machine.facts, document.networks.nodeAddress, family);
			return chosen.ok ? [{ nodeName: machine.seat.nodeName, address: chosen.address }] : [];
		});
}
