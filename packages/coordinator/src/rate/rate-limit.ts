import type { Clock } from "../ports/clock.ts";

/** A bucket of permits: `burst` at once, refilled with `perSecond`. */
export interface Rate {
	readonly burst: number;
	readonly perSecond: number;
}

interface Bucket {
	permits: number;
	at: number;
}

/** Counts what each key (a remote address, a token) may still do. */
export interface RateLimit {
	/** Takes one permit; false when there is none. */
	take(key: string): boolean;
	/** True when there is a permit, without taking it. */
	has(key: string): boolean;
	/** Seconds until the next permit, at least 1. */
	retryAfterSeconds(key: string): number;
}

/**
 * Token buckets, one per key. At most `keys` are remembered; the key that was used longest ago is forgotten first, so that
 * a peer with many addresses costs bounded memory.
 */
export function rateLimit(rate: Rate, clock: Pick<Clock, "monotonic">, keys: number): RateLimit {
	const buckets = new Map<string, Bucket>();

	function permits(key: string): number {
		const bucket = buckets.get(key);
		if (!bucket) return rate.burst;
		const refilled = bucket.permits + ((clock.monotonic() - bucket.at) / 1000) * rate.perSecond;
		return Math.min(rate.burst, refilled);
	}

	return {
		take(key) {
			const left = permits(key);
			const taken = left >= 1;
			// Deleting first moves the key to the end of the map's order: the first key is the one unused for longest.
			buckets.delete(key);
			buckets.set(key, { permits: taken ? left - 1 : left, at: clock.monotonic() });
			if (buckets.size > keys) for (const oldest of buckets.keys()) return buckets.delete(oldest) && taken;
			return taken;
		},
		has: (key) => permits(key) >= 1,
		retryAfterSeconds: (key) => Math.max(1, Math.ceil((1 - permits(key)) / rate.perSecond)),
	};
}

/**
 * The key of a remote address: IPv4 as it is, IPv6 by its /64, which is what one host has at least (RFC 4291, 2.5.4).
 */
export function remoteKey(address: string | undefined): string {
	if (!address) return "unknown";
	const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
	if (mapped?.[1]) return mapped[1];
	if (!address.includes(":")) return address;
	const [head = "", tail] = address.toLowerCase().split("::");
	const left = head === "" ? [] : head.split(":");
	const right = tail === undefined || tail === "" ? [] : tail.split(":");
	const groups =
		tail === undefined ? left : [...left, ...Array(Math.max(0, 8 - left.length - right.length)).fill("0"), ...right];
	return `${groups.slice(0, 4).join(":")}::/64`;
}
