import { endCopies } from "./copies.ts";
import { FAIR } from "./network.ts";
import { isBeyond } from "./version-rules.ts";
import type { World } from "./world.ts";

/** Ends all faults: everything is on, connected and right. */
export function calm(world: World): void {
	world.isCalm = true;
	world.network.weather = FAIR;
	world.network.healAll();
	world.applyFailure = 0;
	if (world.storeIsIll) world.storeWellSince = world.schedule.now;
	world.answerLoss = 0;
	world.storeMs = 0.3;
	world.etcdMs = 20;
	world.stillAt = {};
	world.loses = undefined;
	world.storeIsFull = false;
	world.store.maxBytes = Math.max(world.store.maxBytes, 64 * 1024 * 1024);
	// An update that was begun is ended: the later version goes on to write what the earlier one does not understand.
	endCopies(world);
	const isUpdated = world.coordinators.some((one) => one.isNewer || isBeyond(world, one));
	for (const coordinator of world.coordinators) {
		coordinator.crashAt = undefined;
		coordinator.folder.full = false;
		coordinator.clockOffset = 0;
		if (isUpdated && !coordinator.isNewer) {
			coordinator.crash();
			coordinator.isNewer = true;
		}
		coordinator.start();
	}
	for (const { members } of world.etcd.clusters.values()) for (const member of members) member.apart = false;
	for (const machine of world.machines) {
		machine.endDoubles();
		machine.boot?.fill(false);
		if (machine.boot) machine.boot.ails = false;
	}
}
