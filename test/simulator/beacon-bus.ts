import type { createBeacon } from "@rollcall/coordinator/simulator";
import type { Network } from "./network.ts";
import type { Process } from "./process.ts";

type Connection = Parameters<typeof createBeacon>[0];
type Callback = (error: null, message: { readonly data: Uint8Array }) => void;

/** The one subject on which coordinators hear of each other. */
export class BeaconBus {
	readonly #network: Network;
	readonly #listeners = new Map<string, { readonly process: Process; readonly callback: Callback }>();

	constructor(network: Network) {
		this.#network = network;
	}

	/** A connection for one life of a coordinator: as much of it as the beacon uses. */
	join(name: string, process: Process): Connection {
		const nc = {
			subscribe: (_subject: string, { callback }: { callback: Callback }) => {
				this.#listeners.set(name, { process, callback });
				return { unsubscribe: () => this.#listeners.delete(name) };
			},
			publish: (_subject: string, data: Uint8Array) => {
				if (process.alive) this.#publish(name, data);
			},
		};
		return { nc, connected: () => this.#network.connected(name) } as unknown as Connection;
	}

	#publish(from: string, data: Uint8Array): void {
		for (const [name, { process, callback }] of this.#listeners)
			if (name !== from) this.#network.send(from, name, () => process.run(() => callback(null, { data })));
	}
}
