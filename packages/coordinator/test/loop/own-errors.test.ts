import { eventually } from "@rollcall/test-support/eventually";
import test from "ava";
import { ControlLoop } from "../../src/loop/control-loop.ts";
import { LeadFaults } from "../../src/loop/lead-faults.ts";
import { Ledger } from "../../src/loop/ledger.ts";
import type { LoopParts } from "../../src/loop/parts.ts";
import { takeTurn } from "../../src/loop/turn.ts";
import { contained } from "../../src/wiring/targets.ts";
import { codeOf, documentOf, START, Story } from "../domain/story.ts";
import { type Stored, storedLog } from "./stored-log.ts";

/** A coordinator alone on a log in memory, whose clock goes on when it sleeps; `more`: what of it is otherwise. */
function coordinator(stored: Stored, more: Partial<LoopParts>): { loop: ControlLoop; time: { readonly now: number } } {
	const time = { now: 0 };
	const nothing = (): void => {};
	const loop = new ControlLoop({
		coordinatorId: "own",
		url: () => "http://own",
		openLog: async () => storedLog(stored),
		snapshots: { load: async () => undefined, save: async () => {} },
		states: { load: async () => undefined },
		marks: { load: async () => undefined, save: nothing, flush: async () => {} },
		beginning: async () => ({
			hadLog: false,
			adminTokenHash: `sha256:${"0".repeat(64)}`,
			document: documentOf([{ name: "all", role: "worker", count: "rest" }]),
		}),
		trust: async () => ({ authorities: [], signers: [] }),
		beacon: { announce: nothing, latest: () => undefined },
		bus: { notifyTarget: nothing, notifyRoutes: nothing },
		credentials: { revoke: async () => {} },
		letIn: async () => {},
		clock: {
			now: () => START + time.now,
			wall: () => START + time.now,
			monotonic: () => time.now,
			sleep: (ms: number) => {
				time.now += ms;
				return new Promise<void>((resolve) => setImmediate(resolve));
			},
			resume: nothing,
			follow: nothing,
		},
		connected: () => true,
		reconnects: () => 0,
		failpoint: nothing,
		watcher: { onLeading: nothing, onTurn: nothing, onAppend: nothing, onLogSize: nothing, onTrouble: nothing },
		...more,
	} as unknown as LoopParts);
	return { loop, time };
}

test("a coordinator whose lead ends each time by an error of its own tries seldom, fills no log, and says so", async (t) => {
	const stored: Stored = new Map();
	const { loop, time } = coordinator(stored, {
		letIn: async () => {
			throw new TypeError("nobody thought of this");
		},
	});
	t.teardown(() => loop.stop());
	loop.start();
	await eventually("it to be told", () =>
		/ends its lead each time \(nobody thought of this\)/.test(loop.ready().reason),
	);
	t.false(loop.ready().ready);
	// Some to begin with, and then one each half minute.
	t.true(stored.size <= 8 + time.now / 30_000, `${stored.size} entries in ${time.now} ms`);
});

test("pauses grow from half a second to half a minute, and after a lead that lasted they begin anew", (t) => {
	const faults = new LeadFaults();
	const pauses = Array.from({ length: 8 }, (_, index) => {
		faults.begin(index);
		return faults.end(new Error("again"), index);
	});
	t.deepEqual(pauses, [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
	t.regex(faults.reason(8), /another version of it may go on/);
	faults.begin(10);
	t.not(faults.reason(5_000), "");
	t.is(faults.reason(10_010), "");
	t.is(faults.end(new Error("once"), 10_010), 500);
	t.is(faults.reason(10_010), "");
});

test("a target whose rendering throws is impossible for its machine, by a reason that says whose fault it is", (t) => {
	const render = contained(() => {
		throw new TypeError("no such role");
	});
	const rendered = render({}, {} as never, {} as never);
	t.like(rendered, {
		ok: false,
		reason: "its target could not be made, which is a fault of the coordinator: no such role",
	});
});

test("an input that cannot be judged, by an error of ours, is answered so and told, and the others of its turn are taken", (t) => {
	const story = new Story();
	const machineId = story.join({ name: "a" });
	const turn = takeTurn({
		fleet: story.fleet,
		inputs: [{ kind: "report", machineId } as never, { kind: "label", machineId, labels: { rack: "b" }, by: "test" }],
		observed: story.observed(),
		summarize: () => undefined,
		keep: () => true,
		decideAnyway: false,
	});
	t.deepEqual(turn.answers.map(codeOf), ["internal", "ok"]);
	t.deepEqual(turn.fleet.machines.get(machineId)?.labels, { rack: "b" });
	t.true(turn.refused.length === 1 && turn.refused[0]?.error instanceof TypeError);
});

test("of an entry whose events cannot be followed nothing is taken, and it is told like one that cannot be read", (t) => {
	const ledger = new Ledger();
	const token = { type: "token-created", tokenId: "admin", hash: "", scope: "admin", labels: {}, by: "test" };
	const events = [token, { type: "machine-enrolled" }].map((event, index) => ({ ...event, seq: index + 1, at: START }));
	t.true(ledger.take({ position: 1, events: events as never, flaws: [] }));
	t.is(ledger.fleet.seq, 0);
	t.like(ledger.flaws[0], { kind: "unreadable", position: 1 });
	t.regex(ledger.flaws[0]?.reason ?? "", /^the events of entry 1 cannot be followed: /);
	t.deepEqual(ledger.recentEvents(), []);
});
