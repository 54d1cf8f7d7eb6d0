import {
	type ControlLoop,
	type createClock,
	createSnapshotKeeper,
	keepEtcdMembers,
} from "@rollcall/coordinator/simulator";
import type { Coordinator } from "./coordinator.ts";
import { etcdAccess } from "./etcd/access.ts";
import type { SnapshotFolder } from "./etcd/snapshot-folder.ts";
import type { Process } from "./process.ts";
import type { World } from "./world.ts";

/** Begins the shipped keepers of etcd beside one life of a coordinator. */
export function startKeepers(
	world: World,
	of: {
		readonly by: Coordinator;
		readonly process: Process;
		readonly core: ControlLoop;
		readonly clock: ReturnType<typeof createClock>;
		readonly folder: SnapshotFolder;
	},
): void {
	const { by, process, core, clock, folder } = of;
	const waits = (ms: number): Promise<void> => new Promise((resolve) => process.after(ms, resolve));
	const connect = async (_fleet: unknown, urls: readonly string[]) => etcdAccess(world, { by, urls, waits });
	const onTrouble = (what: string, error: unknown): void => {
		if (!process.alive) return;
		world.story.tell(`${by.name}: ${what}: ${error instanceof Error ? error.message : String(error)}`);
		if (error instanceof TypeError) world.onThrown(error);
	};
	const sleep = (ms: number, signal: AbortSignal): Promise<void> => process.sleep(ms, signal);
	const never = new AbortController().signal;
	const guarded = (work: Promise<void>): void => void work.catch((error: unknown) => world.onThrown(error));
	guarded(
		keepEtcdMembers(
			{ core, connect, findSnapshot: (snapshot) => folder.check(snapshot), now: () => clock.now(), sleep, onTrouble },
			never,
		),
	);
	guarded(createSnapshotKeeper({ core, connect, folder, now: () => clock.now(), sleep, onTrouble }).run(never));
}
