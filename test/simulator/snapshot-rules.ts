import type { Digest, Event } from "@rollcall/protocol";
import { must } from "./broken.ts";
import type { Coordinator } from "./coordinator.ts";
import type { World } from "./world.ts";

/** What a log says of snapshots, whatever becomes of it later. */
export function noteSnapshots({ snapshots }: World, event: Event): void {
	if (event.type === "etcd-snapshot-taken") snapshots.recorded.add(event.snapshot.sha256);
	if (event.type === "etcd-snapshots-found") for (const { sha256 } of event.snapshots) snapshots.recorded.add(sha256);
	if (event.type === "etcd-snapshots-pruned") for (const sha256 of event.snapshots) snapshots.forgotten.add(sha256);
}

/** Of what a log ever recorded no file goes but those of which it said so: that it knows nothing of one may be since it went back. */
export async function checkKept(world: World, by: Coordinator, removes: () => Promise<void>): Promise<void> {
	const { snapshots } = world;
	const before = snapshots.recordedHere();
	await removes();
	const gone: Digest | undefined = before.find((one) => !snapshots.has(one) && !snapshots.forgotten.has(one));
	const doubt = by.fleet?.log?.doubt === undefined ? "" : ", while its log is in doubt";
	must(gone === undefined, "no snapshot goes that was recorded and not forgotten", () => `${by.name} ${gone}${doubt}`);
}
