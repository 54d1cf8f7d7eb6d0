import type { EventOf } from "@rollcall/protocol";
import type { Fleet, Machine } from "../fleet.ts";
import type { DealtNetworks } from "../networks/dealt-networks.ts";
import { isFreeOf, podPool, shareIndex } from "../networks/pod-networks.ts";
import { changeMachine } from "./touch.ts";

/** A node got its share of the pod network. The next search begins behind it. */
export function applyDealt(fleet: Fleet, event: EventOf<"pod-networks-dealt">): Fleet {
	const { networks, pool, index } = event;
	const dealt = changeMachine(fleet, event, (machine) =>
		machine.seat ? { ...machine, podNetworks: { networks, pool, index }, impossible: undefined } : undefined,
	);
	return dealt === fleet ? fleet : { ...dealt, nextPodNetwork: index + 1 };
}

/** What a machine proves that it was dealt; nothing where another one holds a part of that. */
export function adoptedNetworks(
	fleet: Fleet,
	machine: Machine,
	networks: readonly string[] | undefined,
): DealtNetworks | undefined {
	if (!networks || !isFreeOf(fleet, machine, networks)) return undefined;
	const pool = fleet.cluster && podPool(fleet.cluster.document);
	const index = pool && shareIndex(pool, networks);
	return index === undefined || !pool ? { networks, pool: "", index: 0 } : { networks, pool: pool.name, index };
}
