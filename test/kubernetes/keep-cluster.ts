import { join } from "node:path";
import type { Event, EventOf } from "@rollcall/protocol";
import type { ExecutionContext } from "ava";
import { repository } from "../support/places.ts";
import type { RunningControlPlane } from "./scene.ts";

/** Looks after the cluster as a coordinator does, from inside of the nodes' network; what it records, by type. */
export async function keepCluster(t: ExecutionContext, { network, scene }: RunningControlPlane) {
	const script = join(repository, "test/kubernetes/keeper-process.ts");
	const keeper = network.start(process.execPath, [script]);
	const authorities = join(scene.coordinator.dataFolder, "keys/authorities");
	keeper.child.stdin?.end(JSON.stringify({ events: await scene.coordinator.events(), authorities }));
	t.teardown(() => (t.passed ? undefined : t.log(keeper.output().slice(-3000))));
	return <T extends Event["type"]>(type: T): EventOf<T>[] =>
		keeper
			.output()
			.split("\n")
			.filter((line) => line.startsWith("{") && line.endsWith("}"))
			.map((line) => JSON.parse(line) as Event)
			.filter((event): event is EventOf<T> => event.type === type);
}
