import { type ComponentHealth, type Health, healthDigest, type Probe } from "@rollcall/protocol";
import type { Clock, Prober } from "../ports.ts";

/**
 * `healthy`: each has just been found so. `unknown`: earlier verdicts stand until the next look. `started`: so they do, and one that never was
 * healthy is not told to be ill before it had time to start.
 */
export type Since = "healthy" | "unknown" | "started";

/** Time to start, in milliseconds. */
const START_MS = 10_000;

/** The health of the running target's components, kept up to date for as long as it runs. */
export interface HealthWatch {
	/** Watches these components from now on, and no others. */
	watch(probes: readonly Probe[], since: Since): void;
	/** Sorted by component; those that were not looked at yet are missing. */
	health(): Health;
	/** True when every component was looked at, and found healthy last. */
	isWell(): boolean;
	/** Resolves when every component was looked at once. */
	firstRound(): Promise<void>;
	stop(): void;
}

/** What a watch needs. `changed` is called when a verdict changed, not for every new reason. */
export interface WatchParts {
	readonly prober: Prober;
	readonly clock: Clock;
	readonly random: () => number;
	readonly changed: () => void;
}

/** A watch that probes nothing yet. */
export function createHealthWatch(parts: WatchParts): HealthWatch {
	let seen = new Map<string, ComponentHealth>();
	let current = new AbortController();
	let round: Promise<unknown> = Promise.resolve();
	let watched: readonly Probe[] = [];

	const health = () => [...seen.values()].sort((a, b) => (a.component < b.component ? -1 : 1));

	function watch(probes: readonly Probe[], since: Since): void {
		const known = since === "healthy";
		const quietUntil = since === "started" ? parts.clock.monotonic() + START_MS : Number.NEGATIVE_INFINITY;
		current.abort();
		current = new AbortController();
		watched = probes;
		const before = healthDigest(health());
		const earlier = seen;
		seen = new Map();
		for (const { component } of probes) {
			const last = known ? { component, healthy: true } : earlier.get(component);
			if (last) seen.set(component, last);
		}
		if (healthDigest(health()) !== before) parts.changed();
		const { signal } = current;
		round = Promise.all(
			probes.map(async (probe) => {
				if (!known) await look(probe, quietUntil, signal);
				void goOn(probe, quietUntil, signal);
			}),
		);
	}

	async function goOn(probe: Probe, quietUntil: number, signal: AbortSignal): Promise<void> {
		// The first pause is random, so that the probes of a machine, and of a fleet, spread out.
		let pause = probe.intervalSeconds * 1000 * (0.5 + parts.random() / 2);
		while (!signal.aborted) {
			await parts.clock.sleep(pause, signal);
			pause = probe.intervalSeconds * 1000;
			if (!signal.aborted) await look(probe, quietUntil, signal);
		}
	}

	async function look(probe: Probe, quietUntil: number, signal: AbortSignal): Promise<void> {
		const result = await parts.prober.probe(probe);
		if (signal.aborted) return;
		const { component } = probe;
		const before = seen.get(component);
		if (!result.healthy && !before && parts.clock.monotonic() < quietUntil) return;
		seen.set(
			component,
			result.healthy
				? { component, healthy: true }
				: { component, healthy: false, reason: result.reason.slice(0, 512) },
		);
		if (before?.healthy !== result.healthy) parts.changed();
	}

	return {
		watch,
		health,
		isWell: () => watched.every(({ component }) => seen.get(component)?.healthy),
		firstRound: async () => void (await round),
		stop: () => current.abort(),
	};
}
