import { setTimeout as pause } from "node:timers/promises";
import { Fault, must } from "../fault.ts";
import type { Store } from "./store.ts";

const KEYS = "/torture/key/";
/** The beginning of the one key that is written again and again. */
export const REGISTER = "/torture/register/";

/** A write that was acknowledged, at a time of the own monotonic clock. */
interface Acknowledged {
	readonly key: string;
	readonly begunAt: number;
	readonly ackedAt: number;
}

/** A stream of writes, and what is known of them. */
export class Stream {
	readonly #store: Store;
	readonly #addresses: readonly string[];
	#acknowledged: Acknowledged[] = [];
	#count = 0;
	#register = 0;
	#registerAcked = 0;
	/** Values of which nobody knows whether they were written: they may still come, from a member that was paused. */
	readonly #open = new Set<number>();
	#era = 0;
	#mayFallBack = false;
	#stopped = false;
	#fault: Fault | undefined;
	readonly #work: Promise<unknown>;

	constructor(store: Store, addresses: readonly string[]) {
		this.#store = store;
		this.#addresses = addresses;
		this.#work = Promise.all([this.#writeKeys(0), this.#writeKeys(1), this.#writeRegister()]);
	}

	/** What is written, in words. */
	get keeps(): string {
		return this.#store.keeps;
	}

	get acknowledged(): number {
		return this.#acknowledged.length;
	}

	async stop(): Promise<void> {
		this.#stopped = true;
		await this.#work;
	}

	/**
	 * Looks for all that was acknowledged. `lostAfter`: a majority was lost, so that what was acknowledged later than that may be gone; it
	 * counts no more from then on. Returns how many were found, with those of which nobody knew. Throws a Fault for what is missing, and what the client throws when there is no answer.
	 */
	async check(address: string, lostAfter?: number): Promise<number> {
		if (this.#fault) throw this.#fault;
		const known = [...this.#acknowledged];
		const found = await this.#store.all(address, KEYS, true);
		const missing = known.filter(({ key }) => !found.has(key));
		const excused = missing.filter(({ ackedAt }) => lostAfter !== undefined && ackedAt > lostAfter);
		must(
			missing.length === excused.length,
			lostAfter === undefined
				? "no acknowledged write is lost while a majority lives"
				: "no acknowledged write is lost that is older than the newest snapshot",
			() => {
				const gone = missing.filter((one) => !excused.includes(one));
				return `${gone.length} of ${known.length} ${this.keeps}: ${gone.slice(0, 5).map(describe).join("; ")} ... ${gone.slice(-2).map(describe).join("; ")}`;
			},
		);
		const gone = new Set(missing);
		this.#acknowledged = this.#acknowledged.filter((one) => !gone.has(one));
		return found.size;
	}

	/** From now on, until it is called again, what is read may be older than what was read before: etcd may begin with a snapshot. */
	mayFallBack(may: boolean): void {
		this.#era += 1;
		this.#mayFallBack = may;
		this.#registerAcked = 0;
	}

	async #writeKeys(offset: number): Promise<void> {
		while (!this.#stopped) {
			const key = `${KEYS}${++this.#count}`;
			const address = this.#addresses[(this.#count + offset) % this.#addresses.length] ?? "";
			const begunAt = performance.now();
			try {
				await this.#store.put(address, key, "x".repeat(100));
				this.#acknowledged.push({ key, begunAt, ackedAt: performance.now() });
			} catch {
				await pause(50);
			}
			await pause(this.#store.restMs);
		}
	}

	/** One writer of one key, read after each write from another member: never older than what was acknowledged. */
	async #writeRegister(): Promise<void> {
		while (!this.#stopped) {
			const era = this.#era;
			const value = ++this.#register;
			try {
				await this.#store.put(this.#addresses[value % this.#addresses.length] ?? "", REGISTER, String(value));
				if (era === this.#era) this.#registerAcked = value;
			} catch {
				this.#open.add(value);
				await pause(50);
			}
			const before = this.#registerAcked;
			try {
				const read = await this.#store.all(this.#addresses[(value + 1) % this.#addresses.length] ?? "", REGISTER);
				const is = Number(read.get(REGISTER) ?? 0);
				if (era === this.#era && !this.#mayFallBack && is < before && !this.#open.has(is))
					this.#fault ??= new Fault(
						`what is read is not older than what was acknowledged: ${is} after ${before}, of ${this.keeps}`,
					);
			} catch {
				await pause(50);
			}
			await pause(this.#store.restMs);
		}
	}
}

function describe({ key, begunAt, ackedAt }: Acknowledged): string {
	return `${key} (${Math.round(begunAt)}-${Math.round(ackedAt)} ms)`;
}
