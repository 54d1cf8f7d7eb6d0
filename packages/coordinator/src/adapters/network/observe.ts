import type { neighbourMac } from "./neighbours.ts";
import type { Relays, Seen } from "./relays.ts";

/**
 * What is seen of whoever speaks to us from an address: on a link of this computer by its own neighbour table, elsewhere by the relay of
 * that network.
 */
export function observer(own: typeof neighbourMac, relays: Pick<Relays, "look">): (remote: string) => Promise<Seen> {
	return async (remote) => {
		const address = remote.replace(/^::ffff:(?=\d+\.)/i, "");
		const mac = await own(address);
		return mac === undefined ? relays.look(address) : { mac };
	};
}
