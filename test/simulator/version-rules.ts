import { must } from "./broken.ts";
import type { Coordinator } from "./coordinator.ts";
import { NEWER } from "./newer-entries.ts";
import type { World } from "./world.ts";

/** So long it may take until whoever reads the log has met everything in it. */
const MET_MS = 20_000;

/** True for a coordinator that is of an earlier version than an entry of the log. */
export function isBeyond({ store }: World, { isNewer }: Coordinator): boolean {
	return !isNewer && store.holdsNewer();
}

const BEYOND_AT = new WeakMap<Coordinator, number>();

/** Remembers who cannot follow the log, before a move may change that. */
export function noteBeyond(world: World): void {
	for (const one of world.coordinators) if (isBeyond(world, one)) BEYOND_AT.set(one, world.schedule.now);
}

/** When the log was found last to have what a coordinator does not understand. */
export function beyondAt(one: Coordinator): number {
	return BEYOND_AT.get(one) ?? Number.NEGATIVE_INFINITY;
}

/** Whoever does not understand an entry records nothing behind it. */
export function checkWriter(world: World, by: Coordinator): void {
	if (world.about !== "versions" || world.checker.damaged) return;
	must(
		!isBeyond(world, by),
		"who does not understand an entry neither leads nor decides",
		() => `${by.name} is of the version before, and appended`,
	);
}

/** Whoever does not understand an entry says so, and which version does. */
export function checkTold(world: World): void {
	if (world.about !== "versions" || world.checker.damaged || world.storeIsIll) return;
	const { now } = world.schedule;
	if (!world.network.calmSince(now - MET_MS)) return;
	for (const one of world.coordinators) {
		const since = Math.max(one.upSince, one.pausedUntil, world.store.newerSince);
		if (!one.up || now - since < MET_MS || !isBeyond(world, one)) continue;
		must(
			one.ready.includes(NEWER),
			"who does not understand an entry says which version does",
			() => `${one.name}: ${one.ready}`,
		);
	}
}
