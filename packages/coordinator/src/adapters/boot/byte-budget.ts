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

/** A download on which nothing moved for so long gives way to one that asks. */
const STALLED_MS = 5_000;

interface Download {
	readonly client: string;
	left: number;
	movedAt: number;
	readonly end: () => void;
}

/**
 * Bounds what is being sent: a thousand machines that boot at once are served in turn instead of all at a crawl, and one
 * client cannot take everything. Downloads that stand still keep nobody out: they end when their place is wanted. A single
 * download that is larger than the whole budget is let through when nothing else is.
 */
export class ByteBudget {
	readonly #limits: BudgetLimits;
	readonly #now: () => number;
	readonly #downloads = new Set<Download>();
	#promised = 0;

	/** `now`: milliseconds that never go back. */
	constructor(limits: BudgetLimits, now: () => number = () => performance.now()) {
		this.#limits = limits;
		this.#now = now;
	}

	/** Bytes that were promised and not sent. */
	get promised(): number {
		return this.#promised;
	}

	/** `onEnd` is called when the download has to give way; what was promised to it is free already. */
	take(client: string, bytes: number, onEnd: () => void = () => {}): Leave | NoLeave {
		if (!this.#fits(client, bytes)) this.#endStalled(client, bytes);
		if (!this.#fits(client, bytes)) {
			const seconds = Math.ceil(this.#promised / this.#limits.bytesPerSecond);
			return { retryAfterSeconds: Math.min(60, Math.max(1, seconds)) };
		}
		const download: Download = { client, left: bytes, movedAt: this.#now(), end: onEnd };
		this.#downloads.add(download);
		this.#promised += bytes;
		return {
			sent: (count) => {
				if (!this.#downloads.has(download)) return;
				const counted = Math.min(count, download.left);
				download.left -= counted;
				download.movedAt = this.#now();
				this.#promised -= counted;
			},
			release: () => this.#forget(download),
		};
	}

	#fits(client: string, bytes: number): boolean {
		if (this.#promised > 0 && this.#promised + bytes > this.#limits.bytes) return false;
		let mine = 0;
		for (const download of this.#downloads) if (download.client === client) mine += 1;
		return mine < this.#limits.perClient;
	}

	/** Those that stood still for longest go first, the client's own before others'. */
	#endStalled(client: string, bytes: number): void {
		const before = this.#now() - STALLED_MS;
		const stalled = [...this.#downloads].filter(({ movedAt }) => movedAt <= before);
		stalled.sort((a, b) => Number(b.client === client) - Number(a.client === client) || a.movedAt - b.movedAt);
		for (const download of stalled) {
			if (this.#fits(client, bytes)) return;
			this.#forget(download);
			download.end();
		}
	}

	#forget(download: Download): void {
		if (this.#downloads.delete(download)) this.#promised -= download.left;
	}
}
