import {
	ClusterKeeper,
	type ControlLoop,
	type createClock,
	createSnapshotKeeper,
	type EtcdSnapshotFolder,
	keepEtcdMembers,
	keepKeys,
} from "@rollcall/coordinator/simulator";
import { Broken } from "./broken.ts";
import type { Coordinator } from "./coordinator.ts";
import { etcdAccess } from "./etcd/access.ts";
import type { Process } from "./process.ts";
import { checkKept } from "./snapshot-rules.ts";
import type { World } from "./world.ts";

/** Begins the shipped keepers of etcd and of keys beside one life of a coordinator. */
export function startKeepers(
	world: World,
	of: {
		readonly by: Coordinator;
		readonly process: Process;
		readonly core: ControlLoop;
		readonly clock: ReturnType<typeof createClock>;
		readonly folder: EtcdSnapshotFolder;
	},
): void {
	const { by, process, core, clock, folder } = of;
	const waits = (ms: number): Promise<void> => new Promise((resolve) => process.after(ms, resolve));
	const connect = async (_fleet: unknown, urls: readonly string[]) => etcdAccess(world, { by, urls, waits });
	const onTrouble = (what: string, error: unknown): void => {
		if (!process.alive) return;
		world.story.tell(`${by.name}: ${what}: ${error instanceof Error ? error.message : String(error)}`);
		// What must not be is caught by keepers as any other trouble.
		if (error instanceof TypeError || error instanceof Broken) world.onThrown(error);
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
	guarded(
		keepKeys(
			{
				core,
				clock,
				pki: { freshTrust: async () => world.keys.fresh() },
				summarize: world.targets.summarize,
				onTrouble: (what, error) => (error === undefined ? undefined : onTrouble(what, error)),
			},
			never,
		),
	);
	if (world.about === "takeover") keepApi(world, of, onTrouble);
	guarded(
		createSnapshotKeeper({
			core,
			connect,
			folder: ownFolder(world, by, folder),
			now: () => clock.now(),
			sleep,
			onTrouble,
		}).run(never),
	);
}

/** The keeper of the cluster's API, at a slower pace than in truth: each look makes all add-ons anew. */
function keepApi(
	world: World,
	{ by, process, core, clock }: Pick<Parameters<typeof startKeepers>[1], "by" | "process" | "core" | "clock">,
	onTrouble: (what: string, error: unknown) => void,
): void {
	const keeper = new ClusterKeeper({
		coordinatorId: by.name,
		core,
		clock: { monotonic: () => clock.monotonic(), sleep: (ms, signal) => process.sleep(ms, signal) },
		access: async () => (world.api.answers ? { servers: ["https://api"], ca: "", cert: "", key: "" } : undefined),
		connect: async () => world.api.as(by, process),
		mayRewrite: () => false,
		ownManifests: async () => world.api.folder(by),
		requests: { look: async () => {} },
		onTrouble,
		pace: { look: 15_000, repeat: 60_000, claims: 60_000 },
	});
	keeper.start();
	core.subscribe(({ type }) => {
		if (type === "manifests-named") keeper.wake();
	});
}

/** The folder that all share, as one coordinator reaches it: only who leads takes files away. */
function ownFolder(world: World, by: Coordinator, folder: EtcdSnapshotFolder): EtcdSnapshotFolder {
	return {
		save: (...given) => folder.save(...given),
		check: (...given) => folder.check(...given),
		file: (...given) => folder.file(...given),
		key: (...given) => folder.key(...given),
		list: (most) => folder.list(most),
		remove: (...given) => {
			world.checker.terms.act(by, "removes a snapshot");
			return checkKept(world, by, () => folder.remove(...given));
		},
		sweep: (...given) => {
			world.checker.terms.act(by, "sweeps the snapshots");
			return checkKept(world, by, () => folder.sweep(...given));
		},
	};
}
