import type { Server } from "node:net";
import { setImmediate } from "node:timers/promises";

/** So long connections are taken in one go, in milliseconds; then it is somebody else's turn. */
const MOST_MS = 100;

/**
 * Where connections come in. Each time that the event loop goes round, it takes one connection of a listener (libuv since 1.46), and while turns of
 * the coordinator fill it, it goes round a few times a second: others wait in the kernel until they have given up. So between two turns it goes round
 * until nobody new comes.
 */
export class Door {
	readonly #mostMs: number;
	#taken = 0;
	#seen = 0;

	constructor(mostMs = MOST_MS) {
		this.#mostMs = mostMs;
	}

	/** Counts the connections of this server, too. */
	watch(server: Server): void {
		server.on("connection", () => this.#taken++);
	}

	/** Takes the connections that wait, if any came since the last time. */
	readonly letIn = async (): Promise<void> => {
		if (this.#taken === this.#seen) return;
		const until = performance.now() + this.#mostMs;
		// The event loop may just have looked, and would look no more before it calls back.
		await setImmediate();
		do {
			this.#seen = this.#taken;
			await setImmediate();
		} while (this.#taken > this.#seen && performance.now() < until);
	};
}
