import type { WebSocket } from "ws";
import type { ApiLimits } from "../limits.ts";

/**
 * What waits to be sent on one socket. It never holds more than `readerBytes` and one frame, or `readerEvents` frames: who
 * sends asks `hasRoom` first, and waits with `drained` when there is none.
 */
export class Outbox {
	readonly #socket: WebSocket;
	readonly #limits: ApiLimits;
	#waiting = 0;
	#flushed = 0;
	#stopped = false;
	#wake: (() => void) | undefined;

	constructor(socket: WebSocket, limits: ApiLimits) {
		this.#socket = socket;
		this.#limits = limits;
	}

	/** True when one more frame may be sent. */
	get hasRoom(): boolean {
		return this.#waiting < this.#limits.readerEvents && this.#socket.bufferedAmount < this.#limits.readerBytes;
	}

	send(frame: string): void {
		this.#waiting += 1;
		this.#socket.send(frame, () => {
			this.#waiting -= 1;
			this.#flushed += 1;
			if (this.#isLow) this.#wake?.();
		});
	}

	/**
	 * Waits until most of it was taken by the other end. False when nothing at all was taken for `readerStallMs`: the other
	 * end does not read. True also when the stream ended meanwhile.
	 */
	async drained(): Promise<boolean> {
		while (!this.#stopped && !this.#isLow) {
			const before = { flushed: this.#flushed, bytes: this.#socket.bufferedAmount };
			await this.#lowOrLate();
			const isStill = this.#flushed === before.flushed && this.#socket.bufferedAmount >= before.bytes;
			if (!this.#stopped && !this.#isLow && isStill) return false;
		}
		return true;
	}

	/** Nobody sends any more; ends `drained`. */
	stop(): void {
		this.#stopped = true;
		this.#wake?.();
	}

	get #isLow(): boolean {
		return (
			this.#waiting <= this.#limits.readerEvents / 2 && this.#socket.bufferedAmount <= this.#limits.readerBytes / 2
		);
	}

	async #lowOrLate(): Promise<void> {
		await new Promise<void>((resolve) => {
			const timer = setTimeout(resolve, this.#limits.readerStallMs);
			this.#wake = () => {
				clearTimeout(timer);
				resolve();
			};
		});
		this.#wake = undefined;
	}
}
