import { NoRespondersError, TimeoutError } from "@nats-io/transport-node";
import type { TwinWatch, watchTwins } from "@rollcall/coordinator/simulator";
import type { Network } from "./network.ts";
import type { Process } from "./process.ts";

type Connection = Parameters<typeof watchTwins>[0];

/** A message, as its receiver gets it. */
interface Message {
	readonly data: Uint8Array;
	readonly reply?: string;
	readonly respond: (data: Uint8Array) => void;
}

interface Listener {
	readonly name: string;
	readonly process: Process;
	readonly subject: string;
	readonly callback: (error: null, message: Message) => void;
}

/** The subjects on which processes with one id hear of each other. Nothing of it gets lost but for whoever is cut off. */
export class TwinBus {
	readonly #network: Network;
	readonly #listeners = new Set<Listener>();
	/** What each life of a coordinator does to tell that it runs. */
	readonly #watches = new Map<string, TwinWatch>();
	/** Who is told that it has its connection again. */
	readonly #back = new Map<string, () => void>();

	constructor(network: Network) {
		this.#network = network;
	}

	/** A connection for one life of a coordinator: as much of it as the watch uses. */
	join(name: string, process: Process): Connection {
		const nc = {
			subscribe: (subject: string, { callback }: Pick<Listener, "callback">) => {
				const listener = { name, process, subject, callback };
				this.#listeners.add(listener);
				return { unsubscribe: () => this.#listeners.delete(listener) };
			},
			publish: (subject: string, data: Uint8Array) => {
				if (!process.alive) return;
				for (const to of this.#heardBy(name, subject)) this.#carry(name, to, { data, respond: () => {} });
			},
			request: (subject: string, data: Uint8Array, { timeout }: { readonly timeout: number }) =>
				new Promise((resolve, reject) => {
					const to = [...this.#heardBy(name, subject)];
					process.after(to.length > 0 ? timeout : 1, () =>
						reject(to.length > 0 ? new TimeoutError() : new NoRespondersError(subject)),
					);
					const respond = (other: string) => (answer: Uint8Array) =>
						this.#network.stream(other, name, () => process.run(() => resolve({ data: answer })));
					for (const one of to) this.#carry(name, one, { data, reply: "inbox", respond: respond(one.name) });
				}),
		};
		return {
			nc,
			connected: () => this.#network.connected(name),
			on: (_event: string, work: () => void) => {
				this.#back.set(name, () => process.run(work));
				return () => this.#back.delete(name);
			},
		} as unknown as Connection;
	}

	/** Whoever begins to lead says at once that it runs. */
	watches(name: string, watch: TwinWatch): void {
		this.#watches.set(name, watch);
	}

	onLead(name: string): void {
		this.#watches.get(name)?.say();
	}

	/** Somebody has its connection again. */
	reconnected(name: string): void {
		this.#back.get(name)?.();
	}

	/** Whom the server knows to listen: a connection that was just cut is not missed yet. */
	*#heardBy(from: string, subject: string): Iterable<Listener> {
		for (const one of this.#listeners)
			if (!one.process.alive) this.#listeners.delete(one);
			else if (one.name !== from && one.subject === subject && this.#network.connected(one.name)) yield one;
	}

	#carry(from: string, { name, process, callback }: Listener, message: Message): void {
		this.#network.stream(from, name, () => process.run(() => callback(null, message)));
	}
}
