import {
	type Credentials,
	createBeacon,
	type createClock,
	type LogMark,
	type LoopParts,
} from "@rollcall/coordinator/simulator";
import { MAX_SNAPSHOTS, type Trust } from "@rollcall/protocol";
import { Broken } from "./broken.ts";
import type { Coordinator } from "./coordinator.ts";
import { type Declared, readSnapshot, snapshotText } from "./data-folder.ts";
import { keptStates } from "./kept-states.ts";
import { type LogParts, SimulatedLog } from "./log.ts";
import type { StillAt } from "./moments.ts";
import type { Process } from "./process.ts";
import type { World } from "./world.ts";

/** One life of a coordinator: its process, its clock, and who is told what becomes of it. */
interface LifeParts {
	readonly process: Process;
	readonly clock: ReturnType<typeof createClock>;
	readonly credentials: Credentials;
	/** It came to a failpoint. */
	readonly reach: (point: string) => void;
	/** It leads from now on, or does not any more. */
	readonly onLeading: (leads: boolean) => void;
}

/** What the shipped loop gets of the simulated world. */
export function loopParts(
	world: World,
	by: Coordinator,
	{ process, clock, credentials, reach, onLeading }: LifeParts,
): LoopParts {
	const { name, folder } = by;
	const stand = (at: keyof StillAt): void => {
		const ms = world.stillAt[at];
		// Who does not lead is not meant where the log only answers.
		if (ms === undefined || (at === "answer" && !by.leads)) return;
		world.stillAt[at] = undefined;
		by.pause(ms);
		world.story.tell(`  (${name} stands still for ${ms} ms)`);
	};
	const { network, schedule, store } = world;
	const connected = (): boolean => network.connected(name);
	const alive =
		<A extends unknown[]>(work: (...args: A) => void) =>
		(...args: A): void => {
			if (process.alive) work(...args);
		};
	const reached: LogParts = {
		name,
		process,
		schedule,
		network,
		store,
		writeMs: () => world.storeMs,
		differs: by.isNewer ? () => world.random.chance(0.2) : undefined,
		losesAnswer: () => world.random.chance(world.answerLoss),
		moment: () => world.checker.moment(),
		reads: (origin) => world.checker.onReads(by, origin),
		stored: (events, decidedAt) => {
			world.checker.onAppended(by, events, decidedAt);
			if (events.some(({ type }) => type === "leader-elected")) stand("election");
		},
		answered: () => stand("answer"),
	};
	return {
		coordinatorId: by.id,
		url: () => `http://${name}`,
		openLog: async () => {
			const log = new SimulatedLog(reached);
			await log.state();
			return log;
		},
		snapshots: {
			load: async () => readSnapshot(folder.read<string>("snapshot")),
			save: async (snapshot) => {
				if (process.alive) folder.write("snapshot", snapshotText(snapshot));
			},
		},
		states: keptStates(reached),
		sharedBus: true,
		marks: {
			load: async () => folder.read<LogMark>("mark"),
			save: alive((mark: LogMark) => {
				if (!folder.full) folder.write("mark", mark);
			}),
			flush: async () => {},
		},
		bus: {
			notifyTarget: alive((machineId, generation) => world.notify(by, machineId, generation)),
			notifyRoutes: () => {},
			command: async () => ({ kind: "accepted" }),
		},
		beacon: createBeacon(world.beacon.join(name, process), { coordinatorId: by.id, monotonic: clock.monotonic }),
		credentials,
		clock,
		connected,
		reconnects: () => network.reconnects(name),
		summarize: world.targets.summarize,
		letIn: async () => {},
		beginning: async () => {
			const before = folder.read<number>("log-origin");
			return {
				hadLog: before !== undefined && before !== store.origin,
				document: folder.read<Declared>("document") ?? world.firstDocument,
				snapshots: await world.snapshots.list(MAX_SNAPSHOTS),
				adminTokenHash: world.adminTokenHash,
			};
		},
		trust: async () => folder.read<Trust>("trust") ?? world.keys.first,
		failpoint: (point) => reach(point),
		watcher: {
			onLeading: alive((leads) => {
				world.story.tell(`${name} ${leads ? "leads" : "does not lead any more"}`);
				onLeading(leads);
			}),
			onTurn: () => {},
			onAppend: () => {},
			onLogSize: () => {},
			onTrouble: alive((what, error) => {
				const text = error instanceof Error ? error.message : String(error);
				world.story.tell(`${name}: ${what}: ${text}`);
				if (error instanceof TypeError) world.onThrown(error);
				if (/read back|be decided/.test(what)) world.onThrown(new Broken("what is decided can be read back", text));
			}),
		},
	};
}
