import { eventually } from "@rollcall/test-support/eventually";
import test from "ava";
import { Heard } from "../../src/loop/heard.ts";
import { InputQueue } from "../../src/loop/input-queue.ts";
import { Leader, type LeaderParts } from "../../src/loop/leader.ts";
import { Ledger } from "../../src/loop/ledger.ts";
import type { LoopParts } from "../../src/loop/parts.ts";
import { Story } from "../domain/story.ts";
import { put, type Stored, storedLog } from "./stored-log.ts";

const STOOD_STILL_MS = 12_000;

test("a coordinator that stood still while it asked the log whether it still leads holds that silence against no machine", async (t) => {
	const story = new Story();
	const machineId = story.join({ name: "a" });
	const stored: Stored = new Map();
	const ledger = new Ledger();
	ledger.take(put(stored, story.events));
	let now = 0;
	let stands: "still" | undefined;
	const log = storedLog(stored);
	const state = async () => {
		// It goes on with the answer, before anything that waits for a time.
		if (stands) now += STOOD_STILL_MS;
		stands = undefined;
		return log.state();
	};
	const clock = {
		now: () => story.at + now,
		wall: () => story.at + now,
		monotonic: () => now,
		sleep: () => new Promise<void>((resolve) => setImmediate(resolve)),
	};
	const heard = new Heard();
	const nothing = (): void => {};
	const parts = {
		coordinatorId: "own",
		url: () => "http://own",
		clock,
		beacon: { announce: nothing, latest: () => undefined },
		bus: { notifyTarget: nothing, notifyRoutes: nothing },
		credentials: { revoke: async () => {} },
		connected: () => true,
		reconnects: () => 0,
		letIn: async () => {},
		summarize: story.summarize,
		failpoint: nothing,
		watcher: { onTurn: nothing, onAppend: nothing, onLogSize: nothing, onTrouble: nothing },
	} as unknown as LoopParts;
	const leader = new Leader({
		parts,
		log: { ...log, state },
		ledger,
		state: () => ({ origin: "log", position: ledger.position, fleet: ledger.fleet }),
		take: (entry, reached) => void ledger.take(entry, reached),
		heard,
		queue: new InputQueue(clock as never),
		election: { term: 0, sentAt: 0, takenAt: 0 },
	} as LeaderParts);
	heard.renew(machineId, now);
	const stop = new AbortController();
	const running = leader.run(
		stop.signal,
		async () => {},
		async () => {},
	);
	stands = "still";
	now += 1_500;
	await eventually("the log to be asked", () => stands === undefined);
	// Whatever is decided then is decided on another look.
	now += 250;
	for (let turn = 0; turn < 20; turn++) await clock.sleep();
	stop.abort();
	await running;
	const leases = ledger.recentEvents().filter(({ type }) => type === "lease-changed");
	t.deepEqual(leases, []);
});
