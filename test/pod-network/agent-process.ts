// The part of an agent that keeps routes, alone in a network namespace: it is told what a coordinator would tell, line by line.
import { createInterface } from "node:readline";
import { createMemory, createPodKernel, createPodNetworkKeeper, systemClock } from "@rollcall/agent/trials";
import { BootId, type PodRoute, podRoutesDigest, type TargetPodNetwork } from "@rollcall/protocol";

interface Word {
	readonly target?: TargetPodNetwork | null;
	readonly routes?: readonly PodRoute[];
}

const [, , folder = ""] = process.argv;
const say = (message: string, fields?: object) => process.stderr.write(`${message} ${JSON.stringify(fields ?? {})}\n`);
/** What the coordinator would answer; there is none until the first word of it. */
let table: readonly PodRoute[] | undefined;
const keeper = createPodNetworkKeeper({
	podKernel: createPodKernel(),
	memory: createMemory(folder),
	clock: systemClock,
	log: { debug: say, info: say, warn: say, error: say },
	random: Math.random,
	bootId: BootId.parse("00000000-0000-4000-8000-000000000001"),
});
const stop = new AbortController();
const link = {
	connected: () => table !== undefined,
	routes: async () => {
		const routes = [...(table ?? [])];
		return { kind: "table" as const, digest: podRoutesDigest(routes), routes };
	},
};
void keeper.run(link, stop.signal);
void keeper.watch(stop.signal);
const kept = createMemory(folder).podNetwork()?.target;
if (kept) void keeper.use(kept);
for await (const line of createInterface(process.stdin)) {
	const { target, routes } = JSON.parse(line) as Word;
	if (routes) table = routes;
	if (target !== undefined) await keeper.use(target ?? undefined);
	if (routes) keeper.heard(podRoutesDigest(routes));
	for (let patience = 200; patience > 0 && !keeper.state().healthy && target !== null; patience--)
		await systemClock.sleep(25, stop.signal);
	process.stdout.write(`${JSON.stringify(keeper.state())}\n`);
}
stop.abort();
