import test from "ava";
import { ControlLoop } from "../../src/loop/control-loop.ts";
import type { LoopParts } from "../../src/loop/parts.ts";
import type { Log } from "../../src/ports/log.ts";

test("a coordinator that is told to stop while it reads the log stops, also where another one leads", async (t) => {
	const reading = Promise.withResolvers<void>();
	const read = Promise.withResolvers<void>();
	let sleeps = 0;
	const log = {
		state: async () => ({ origin: "log", first: 1, last: 0, bytes: 0, entries: 0 }),
		async *read() {
			reading.resolve();
			await read.promise;
			yield* [];
		},
		follow: async () => {},
	} as unknown as Log;
	const lead = { coordinatorId: "other", url: "http://192.0.2.1", term: 1 };
	const loop = new ControlLoop({
		coordinatorId: "own",
		openLog: async () => log,
		snapshots: { load: async () => undefined, save: async () => {} },
		marks: { load: async () => undefined, save: () => {}, flush: async () => {} },
		beacon: { announce: () => {}, latest: () => ({ lead, heardAt: 0 }) },
		clock: {
			now: () => 0,
			wall: () => 0,
			monotonic: () => 0,
			sleep: async () => {
				sleeps += 1;
				if (sleeps > 100) throw new Error("it goes on and on");
			},
			resume: () => {},
			follow: () => {},
		},
		connected: () => true,
		reconnects: () => 0,
		failpoint: () => {},
		watcher: { onLeading: () => {}, onTurn: () => {}, onAppend: () => {}, onLogSize: () => {}, onTrouble: () => {} },
	} as Partial<LoopParts> as LoopParts);
	loop.start();
	await reading.promise;
	const stopped = loop.stop();
	read.resolve();
	await stopped;
	t.true(sleeps < 100);
});
