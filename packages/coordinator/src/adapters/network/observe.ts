import { type neighbourMac, withoutMapping } from "./neighbours.ts";
import type { Relays, Seen } from "./relays.ts";

/**
 * What is seen of whoever speaks to us from an address: on a link of this computer by its own neighbour table, elsewhere by the relay of
 * that network.
 */
export function observer(own: typeof neighbourMac, relays: Pick<Relays, "look">): (remote: string) => Promise<Seen> {
	return async (remote) => {
		const mac = await own(remote);
		return mac === undefined ? relays.look(withoutMapping(remote)) : { mac };
	};
}
