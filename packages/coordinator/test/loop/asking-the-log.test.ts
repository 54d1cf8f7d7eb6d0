import type { Event } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import test from "ava";
import type { Fleet } from "../../src/domain/fleet.ts";
import { LogUnavailable } from "../../src/errors.ts";
import { Heard } from "../../src/loop/heard.ts";
import { InputQueue } from "../../src/loop/input-queue.ts";
import { Leader, type LeaderParts } from "../../src/loop/leader.ts";
import { Ledger } from "../../src/loop/ledger.ts";
import type { LoopParts } from "../../src/loop/parts.ts";
import type { Entry, Log } from "../../src/ports/log.ts";
import { Story } from "../domain/story.ts";
import { put, type Stored, storedLog } from "./stored-log.ts";

const STOOD_STILL_MS = 12_000;

/** A leader over a log, on a clock that the test moves; `over`: what the log does otherwise. */
function leading(story: Story, over: (log: Log, clock: { now: number }) => Partial<Log>) {
	const stored: Stored = new Map();
	const ledger = new Ledger();
	const first = put(stored, story.events);
	ledger.take(first);
	let { link } = first;
	const log = storedLog(stored);
	const base = story.at;
	const time = { now: 0 };
	const clock = {
		now: () => base + time.now,
		wall: () => base + time.now,
		monotonic: () => time.now,
		sleep: () => new Promise<void>((resolve) => setImmediate(resolve)),
	};
	const heard = new Heard();
	const queue = new InputQueue(clock as never);
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
	const take = (entry: Entry, reached?: Fleet): void => {
		ledger.take(entry, reached);
		link = entry.link;
	};
	const leader = new Leader({
		parts,
		log: { ...log, ...over(log, time) },
		ledger,
		state: () => ({ origin: "log", position: ledger.position, link, fleet: ledger.fleet }),
		take,
		first: 1,
		heard,
		queue,
		election: { term: ledger.fleet.leader?.seq ?? 0, sentAt: 0, takenAt: 0 },
	} as LeaderParts);
	const stop = new AbortController();
	const run = (): Promise<void> =>
		leader.run(
			stop.signal,
			async () => {
				for await (const entry of log.read(ledger.position)) take(entry);
			},
			async () => {},
		);
	/** So many turns, and the leases that changed until then. */
	const leasesAfter = async (running: Promise<void>): Promise<readonly Event[]> => {
		for (let turn = 0; turn < 20; turn++) await clock.sleep();
		stop.abort();
		await running;
		return ledger.recentEvents().filter(({ type }) => type === "lease-changed");
	};
	return { stored, heard, queue, time, run, leasesAfter };
}

test("a coordinator that stood still while it asked the log whether it still leads holds that silence against no machine", async (t) => {
	const story = new Story();
	const machineId = story.join({ name: "a" });
	let stands: "still" | undefined;
	const { heard, time, run, leasesAfter } = leading(story, (log, clock) => ({
		state: async () => {
			// It goes on with the answer, before anything that waits for a time.
			if (stands) clock.now += STOOD_STILL_MS;
			stands = undefined;
			return log.state();
		},
	}));
	heard.renew(machineId, time.now);
	const running = run();
	stands = "still";
	time.now += 1_500;
	await eventually("the log to be asked", () => stands === undefined);
	// Whatever is decided then is decided on another look.
	time.now += 250;
	t.deepEqual(await leasesAfter(running), []);
});

test("who enrolled was heard then, also where the log stored it and its answer was lost: what the coordinator stood still after that is no silence", async (t) => {
	const story = new Story();
	story.record([{ type: "leader-elected", coordinatorId: "own", url: "http://own" }]);
	let isLost: "answer" | undefined = "answer";
	const { stored, queue, time, run, leasesAfter } = leading(story, (log) => ({
		append: async (events, after, link) => {
			if (isLost === undefined) return log.append(events, after, link);
			isLost = undefined;
			const before = story.events.length;
			story.join({ name: "late" });
			put(stored, story.events.slice(before));
			throw new LogUnavailable("no answer");
		},
	}));
	// Agents had their time to find the bus.
	const running = run();
	for (let step = 0; step < 80; step++) {
		time.now += 250;
		await new Promise((resolve) => setImmediate(resolve));
	}
	story.at += time.now;
	void queue.submit({ kind: "log-measured", bytes: 80, maxBytes: 100 });
	await eventually("the machine to enroll", () => isLost === undefined);
	time.now += 250;
	await new Promise((resolve) => setImmediate(resolve));
	time.now += STOOD_STILL_MS;
	t.deepEqual(await leasesAfter(running), []);
});

test("a leader appends nothing where the log went back and on in another way, also where it ends at the same place", async (t) => {
	const story = new Story();
	story.record([{ type: "leader-elected", coordinatorId: "own", url: "http://own" }]);
	const { stored, queue, time, run, leasesAfter } = leading(story, () => ({}));
	const running = run();
	stored.clear();
	put(stored, [{ type: "leader-elected", coordinatorId: "other", url: "http://other", seq: 1, at: story.at }]);
	// The lease was confirmed a moment ago, and the log is not asked now.
	time.now += 250;
	const answer = queue.submit({ kind: "log-measured", bytes: 80, maxBytes: 100 });
	await leasesAfter(running);
	t.like(await answer, { kind: "problem", problem: { code: "not-leader" } });
	t.is(stored.size, 1);
});

test("what a machine is silent for while the coordinator waits for the log is silence: it runs meanwhile, and hears machines", async (t) => {
	const story = new Story();
	story.record([{ type: "leader-elected", coordinatorId: "own", url: "http://own" }]);
	const machineId = story.join({ name: "a" });
	const answer = Promise.withResolvers<void>();
	let isSlow: "slow" | undefined;
	const { heard, queue, time, run, leasesAfter } = leading(story, (log) => ({
		append: async (...how) => {
			if (isSlow) await answer.promise;
			return log.append(...how);
		},
	}));
	const running = run();
	const pass = async (steps: number, each = (): void => {}): Promise<void> => {
		for (let step = 0; step < steps; step++) {
			time.now += 250;
			each();
			await new Promise((resolve) => setImmediate(resolve));
		}
	};
	// Agents have their time to find the bus.
	await pass(80, () => heard.renew(machineId, time.now));
	isSlow = "slow";
	void queue.submit({ kind: "log-measured", bytes: 80, maxBytes: 100 });
	await pass(STOOD_STILL_MS / 250);
	answer.resolve();
	t.true((await leasesAfter(running)).length > 0);
});
