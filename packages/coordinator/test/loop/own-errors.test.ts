import { sha256Of } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import test from "ava";
import { LogFull, LogRefused, LogUnavailable } from "../../src/errors.ts";
import { ControlLoop } from "../../src/loop/control-loop.ts";
import { LeadFaults } from "../../src/loop/lead-faults.ts";
import { Ledger } from "../../src/loop/ledger.ts";
import { LogTrouble } from "../../src/loop/log-trouble.ts";
import { OwnErrors } from "../../src/loop/own-errors.ts";
import type { LoopParts } from "../../src/loop/parts.ts";
import { takeTurn } from "../../src/loop/turn.ts";
import type { Log } from "../../src/ports/log.ts";
import { contained } from "../../src/wiring/targets.ts";
import { codeOf, documentOf, START, Story } from "../domain/story.ts";
import { put, type Stored, storedLog } from "./stored-log.ts";

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

/** A state whose document has what the code does not expect. */
function poisoned(story: Story): Story["fleet"] {
	const { fleet } = story;
	if (!fleet.cluster) throw new Error("no document");
	const document = { ...fleet.cluster.document, slots: undefined } as never;
	return { ...fleet, cluster: { ...fleet.cluster, document } };
}

test("a decision that throws, by an error of ours, is left out and told, and those about leases are made all the same", (t) => {
	const story = new Story();
	story.declare([{ name: "all", role: "worker", count: "rest" }]);
	const [a, b] = ["a", "b"].map((name) => story.join({ name }));
	if (!a || !b) return t.fail();
	story.pass(2);
	story.lastHeard.set(a, story.at - 60_000);
	const { fleet, undecided } = takeTurn({
		fleet: poisoned(story),
		inputs: [],
		observed: { ...story.observed(), at: story.at + 1_000, lastHeard: new Map([[b, story.at + 1_000]]) },
		summarize: story.summarize,
		keep: () => true,
		decideAnyway: true,
	});
	t.deepEqual(
		[a, b].map((id) => fleet.machines.get(id)?.lease),
		["suspect", "alive"],
	);
	t.true((undecided?.length ?? 0) > 0 && undecided?.every(({ error }) => error instanceof TypeError));
});

test("what is not decided is told once, and shown for as long as it is found", (t) => {
	const told: string[] = [];
	const errors = new OwnErrors((_what, error) => told.push((error as Error).message));
	const undecided = [{ reason: "who gets a seat: no such field", error: new TypeError("no such field") }];
	for (const now of [0, 1_000]) errors.see({ refused: [], undecided }, now);
	t.deepEqual(told, ["who gets a seat: no such field"]);
	t.regex(errors.undecided(2_000), /keeps it from deciding who gets a seat: no such field/);
	errors.see({ refused: [], undecided: [] }, 5_000);
	t.not(errors.undecided(5_000), "");
	t.is(errors.undecided(6_500), "");
});

test("a coordinator that cannot decide leads on, takes what is asked of it, and shows what throws", async (t) => {
	const stored: Stored = new Map();
	const story = new Story();
	story.declare([{ name: "all", role: "worker", count: "rest" }]);
	story.join({ name: "a" });
	put(stored, story.events);
	const throws = (): never => {
		throw new TypeError("nobody thought of this");
	};
	const { loop } = coordinator(stored, { summarize: Object.assign(throws, { basisOf: throws }) });
	t.teardown(() => loop.stop());
	loop.start();
	await eventually("it to be told", () => /nobody thought of this/.test(loop.ready().undecided ?? ""));
	t.true(loop.ready().ready);
	const hash = sha256Of("a token");
	const token = { tokenId: "t", hash, scope: "enroll", labels: {}, by: "test" } as const;
	t.is((await loop.submit({ kind: "create-token", ...token })).kind, "ok");
	t.is(loop.fleet().leader?.coordinatorId, "own");
});

test("a coordinator that cannot open or read its log says why, for as long as that lasts", async (t) => {
	const stored: Stored = new Map();
	const fails = { opens: true, reads: true };
	const { loop } = coordinator(stored, {
		openLog: async () => {
			if (fails.opens) throw new LogUnavailable("nobody answers");
			const log = storedLog(stored);
			const state: Log["state"] = () => {
				if (fails.reads) throw new LogUnavailable("its settings are not put right");
				return log.state();
			};
			return { ...log, state };
		},
	});
	t.teardown(() => loop.stop());
	loop.start();
	const reason = (): string => loop.ready().reason;
	await eventually("why it is not open", () => /not open yet \(nobody answers\)/.test(reason()));
	fails.opens = false;
	await eventually("why it is not read", () => /\(its settings are not put right\)/.test(reason()));
	fails.reads = false;
	await eventually("it to lead", () => reason() === "leads");
	t.true(loop.ready().ready);
});

test("a coordinator with nothing to record is ready again some seconds after its log did not answer once", async (t) => {
	const stored: Stored = new Map();
	let fails = false;
	const log = storedLog(stored);
	const state: Log["state"] = async () => {
		if (!fails) return log.state();
		fails = false;
		throw new LogUnavailable("nobody answers");
	};
	const summarize = (() => undefined) as never;
	const { loop } = coordinator(stored, { openLog: async () => ({ ...log, state }), summarize });
	t.teardown(() => loop.stop());
	loop.start();
	await eventually("it to lead", () => loop.ready().reason === "leads");
	const term = loop.fleet().leader?.seq;
	fails = true;
	await eventually("the log to be asked", () => !fails);
	await eventually("it to be ready again", () => loop.ready().reason === "leads");
	t.is(loop.fleet().leader?.seq, term);
});

test("a log that says that it stores nothing is in trouble until it stores an entry, one that does not answer for some seconds", (t) => {
	const time = { now: 0 };
	const trouble = new LogTrouble({ monotonic: () => time.now });
	t.is(trouble.text(), "");
	for (const error of [new LogRefused("its disk is read-only"), new LogFull("it is full")]) {
		trouble.see(error);
		time.now += 600_000;
		t.is(trouble.text(), `the event log cannot be written to: ${error.message}`);
		trouble.stored();
		t.is(trouble.text(), "");
	}
	trouble.see(new LogUnavailable("nobody answers"));
	time.now += 1_000;
	t.not(trouble.text(), "");
	time.now += 5_000;
	t.is(trouble.text(), "");
});
