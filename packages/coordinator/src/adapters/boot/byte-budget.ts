/** Leave to send so many bytes. `release` gives back what is left, once; `sent` what went out. */
export interface Leave {
	sent(bytes: number): void;
	release(): void;
}

/** No leave now; a good time to ask again. */
export interface NoLeave {
	readonly retryAfterSeconds: number;
}

/** How much a boot listener sends at once. */
export interface BudgetLimits {
	/** Bytes that were promised and not sent yet, over all clients. */
	readonly bytes: number;
	/** Downloads of one client at once. */
	readonly perClient: number;
	/** What the link carries, to guess how long others still need. */
	readonly bytesPerSecond: number;
}

/**
 * Bounds what is being sent: a thousand machines that boot at once are served in turn instead of all at a crawl, and one
 * client cannot take everything. A single download that is larger than the whole budget is let through when nothing else is.
 */
export class ByteBudget {
	readonly #limits: BudgetLimits;
	readonly #clients = new Map<string, number>();
	#promised = 0;

	constructor(limits: BudgetLimits) {
		this.#limits = limits;
	}

	/** Bytes that were promised and not sent. */
	get promised(): number {
		return this.#promised;
	}

	take(client: string, bytes: number): Leave | NoLeave {
		const mine = this.#clients.get(client) ?? 0;
		const tooMuch = this.#promised > 0 && this.#promised + bytes > this.#limits.bytes;
		if (tooMuch || mine >= this.#limits.perClient) {
			const seconds = Math.ceil(this.#promised / this.#limits.bytesPerSecond);
			return { retryAfterSeconds: Math.min(60, Math.max(1, seconds)) };
		}
		this.#clients.set(client, mine + 1);
		this.#promised += bytes;
		let left: number | undefined = bytes;
		return {
			sent: (count) => {
				if (left === undefined) return;
				const counted = Math.min(count, left);
				left -= counted;
				this.#promised -= counted;
			},
			release: () => {
				if (left === undefined) return;
				this.#promised -= left;
				left = undefined;
				const others = (this.#clients.get(client) ?? 1) - 1;
				if (others > 0) this.#clients.set(client, others);
				else this.#clients.delete(client);
			},
		};
	}
}
