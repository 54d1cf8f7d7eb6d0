import { type Digest, sha256Of } from "@rollcall/protocol";
import test from "ava";
import { LogConflict, LogLost, LogUnavailable, LogWentBack } from "../../src/errors.ts";
import { LEASE_MS, LeaderLease } from "../../src/loop/leader-lease.ts";
import type { Place } from "../../src/loop/why-back.ts";
import type { LogState, Position } from "../../src/ports/log.ts";

const LINK = sha256Of("the entry that it knows");

/** A lease over a log and a clock that the test turns. The election was sent and taken at once unless it is said. */
function leased({ sentAt = 0, takenAt = 0, shared = true, behind = { position: 6 } as Place } = {}) {
	const world = { now: 0, origin: "log", last: 7, link: LINK, reachable: true, asked: 0, others: 0 };
	/** What it has appended since, and what stands there. */
	const own: Digest[] = [];
	const stands = new Map<Position, Digest>();
	const lease = new LeaderLease({
		clock: { monotonic: () => world.now },
		log: {
			state: async () => {
				world.asked += 1;
				if (!world.reachable) throw new LogUnavailable("nobody answers");
				return { origin: world.origin, last: world.last } as LogState;
			},
			get: async (position) => {
				if (!world.reachable) throw new LogUnavailable("nobody answers");
				return { position, link: stands.get(position) ?? world.link, events: [], flaws: [] };
			},
			append: async (_events, after) => {
				if (world.others > 0) throw new LogConflict("somebody else appended");
				const [position, link] = [after + 1, sha256Of(`entry ${after + 1}`)];
				own.push(link);
				stands.set(position, link);
				world.last = position;
				return { position, link, events: [], flaws: [] };
			},
		},
		origin: "log",
		place: () => ({ position: 7 + own.length, link: own.at(-1) ?? LINK }),
		election: { sentAt, takenAt, behind },
		shared,
	});
	return { world, lease, stands, own };
}

test("a leader that is cut off from the log holds no lease, and holds one again once the log answers", async (t) => {
	const { world, lease } = leased();
	t.true(lease.holds());
	world.reachable = false;
	world.now = LEASE_MS - 1;
	await t.throwsAsync(lease.look(), { instanceOf: LogUnavailable });
	t.true(lease.holds());
	world.now = LEASE_MS;
	t.false(lease.holds());
	world.reachable = true;
	await lease.look();
	t.true(lease.holds());
});

test("another entry at the end of the log than the leader knows ends the lead: the log went back, and somebody else went on", async (t) => {
	const { world, lease } = leased();
	world.now = 1_000;
	await lease.look();
	world.link = sha256Of("another entry");
	world.now = 2_000;
	await t.throwsAsync(lease.look(), { instanceOf: LogWentBack, message: /entry 7 .* is another one/ });
	world.now = 1_000 + LEASE_MS;
	t.false(lease.holds());
});

test("a pause of the process ends the lease before anything else is done, and another's entry ends the lead", async (t) => {
	const { world, lease } = leased();
	world.now = 600_000;
	t.false(lease.holds());
	world.last = 8;
	await t.throwsAsync(lease.look(), { instanceOf: LogConflict });
	t.false(lease.holds());
});

for (const [where, shared] of [
	["on a bus of its own", false],
	["where others may lead, with the next thing that is sent", true],
] as const) {
	test(`what was appended confirms the lead from when it was sent, and the log is asked once a second at most, ${where}`, async (t) => {
		const { world, lease } = leased({ shared });
		world.now = 900;
		await lease.look();
		t.is(world.asked, 0);
		world.now = 3_500;
		await lease.append([]);
		world.now = 3_900;
		if (shared) await lease.append([]);
		await lease.look();
		t.is(world.asked, 0);
		world.now = 3_500 + LEASE_MS - 1;
		t.true(lease.holds());
		world.now = 3_500 + LEASE_MS;
		t.false(lease.holds());
	});
}

for (const next of ["append", "look"] as const) {
	test(`what was appended behind another's entry is no proof, and with the next ${next} the lead is over: the log went back, and on to the same place`, async (t) => {
		const { world, lease, stands } = leased();
		world.now = 1_000;
		await lease.look();
		stands.set(7, sha256Of("another's entry"));
		world.now = 1_900;
		await lease.append([]);
		world.now = 2_500;
		await t.throwsAsync(next === "append" ? lease.append([]) : lease.look(), {
			instanceOf: LogWentBack,
			message: /entry 7 .* is another one/,
		});
		world.now = 1_000 + LEASE_MS;
		t.false(lease.holds());
	});
}

test("after an append that was refused nothing more is sent before it is seen who stands before what was appended last", async (t) => {
	const { world, lease, stands, own } = leased();
	stands.set(7, sha256Of("another's entry"));
	await lease.append([]);
	world.others = 1;
	world.reachable = false;
	await t.throwsAsync(lease.append([]));
	// What the other one wrote behind this entry is read meanwhile, and nothing shows that it is another's log.
	world.others = 0;
	await t.throwsAsync(lease.append([]), { instanceOf: LogUnavailable });
	world.reachable = true;
	await t.throwsAsync(lease.append([]), { instanceOf: LogWentBack });
	t.is(own.length, 1);
});

test("an election behind another's entry ends with the first thing that is sent", async (t) => {
	const { lease, stands } = leased({ behind: { position: 6, link: LINK } });
	stands.set(6, sha256Of("another's entry"));
	await t.throwsAsync(lease.append([]), { instanceOf: LogWentBack });
});

test("a log that ends before what this coordinator knows went back, and the leader notices without an append", async (t) => {
	const { world, lease } = leased();
	world.now = 1_000;
	world.last = 6;
	await t.throwsAsync(lease.look(), { instanceOf: LogWentBack, message: /ends at 6, and entry 7/ });
});

test("another log in the place of the one that it was elected in ends the lead, also where that is as long", async (t) => {
	const { world, lease } = leased();
	world.now = 1_000;
	world.origin = "another log";
	await t.throwsAsync(lease.look(), { instanceOf: LogLost });
	world.now = LEASE_MS;
	t.false(lease.holds());
});

test("who was elected leads at once, and is alone with it when the lead of whoever led before must have ended", async (t) => {
	const { world, lease } = leased({ sentAt: 1_000, takenAt: 1_400 });
	world.now = 1_400;
	t.true(lease.holds());
	t.false(lease.isAlone());
	// The one before was confirmed last just before the log took the election.
	world.now = 1_400 + LEASE_MS - 1;
	await lease.look();
	t.false(lease.isAlone());
	world.now = 1_400 + LEASE_MS + 250;
	t.true(lease.isAlone());
	world.now += LEASE_MS;
	t.false(lease.isAlone(), "cut off");
});

test("a lead counts from when the election was sent, however late the log's answer was read", (t) => {
	const { world, lease } = leased({ sentAt: 0, takenAt: 60_000 });
	world.now = 60_000;
	t.false(lease.holds());
});

test("on a bus that is a coordinator's own nobody led before, and nobody is waited for", (t) => {
	const { world, lease } = leased({ takenAt: 100, shared: false });
	world.now = 100;
	t.true(lease.isAlone());
});
