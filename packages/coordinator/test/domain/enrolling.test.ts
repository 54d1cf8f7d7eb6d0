import test from "ava";
import { bootIdOf, keyOf, macOf, uuidOf } from "./hardware.ts";
import { codeOf as code, START, Story } from "./story.ts";

test("a token lets in one incarnation, and that one again and again without an event", (t) => {
	const story = new Story();
	const token = story.token();
	t.is(code(story.enroll({ name: "a" }, { token })), "enrolled");
	const count = story.events.length;
	t.is(code(story.enroll({ name: "a" }, { token })), "enrolled");
	t.is(story.events.length, count);
	t.is(code(story.enroll({ name: "a", boot: 2 }, { token })), "token-used");
	t.is(code(story.enroll({ name: "b" }, { token })), "token-used");
	t.is(story.all("enrollment-refused").length, 2);
});

test("unknown, expired, revoked, foreign and API tokens are refused, each with its code and an event", (t) => {
	const story = new Story();
	const expired = story.token({ expiresAt: START - 1 });
	const revoked = story.token({ tokenId: "gone" });
	story.take({ kind: "revoke-token", tokenId: "gone", by: "test" });
	const bound = story.token({ mac: macOf("b") as never });
	const admin = story.token({ scope: "admin" });
	const codes = [keyOf({ name: "x" }) as never, expired, revoked, bound, admin, null].map((token) =>
		code(story.enroll({ name: "a" }, { token })),
	);
	t.deepEqual(codes, ["token-unknown", "token-expired", "token-revoked", "forbidden", "forbidden", "unauthorized"]);
	t.is(story.all("enrollment-refused").length, 6);
	t.is(story.fleet.machines.size, 0);
	t.is(code(story.enroll({ name: "b" }, { token: bound })), "enrolled");
});

test("a new boot fences the one before; approval, labels and seat stay, the target is new", (t) => {
	const story = new Story();
	story.declare([{ name: "w", role: "worker", count: "rest" }]);
	const id = story.join({ name: "a" }, { rack: "r1" });
	const before = story.machine(id);
	t.is(before.target?.generation, 1);
	t.is(story.join({ name: "a", boot: 2 }), id);
	const after = story.machine(id);
	t.deepEqual(after.fenced, [bootIdOf({ name: "a" })]);
	t.deepEqual([after.approval, after.labels, after.seat], [before.approval, before.labels, before.seat]);
	t.deepEqual([after.target?.generation, after.target?.bootId, after.target?.progress], [2, after.bootId, "issued"]);
	t.false(story.all("incarnation-fenced")[0]?.wasAlive);
});

test("whatever a fenced boot says, it is told so, and recorded once", (t) => {
	const story = new Story();
	const id = story.join({ name: "a" });
	story.join({ name: "a", boot: 2 });
	const bootId = bootIdOf({ name: "a" });
	t.is(story.hello(id, { name: "a" }).kind, "fenced");
	t.is(story.enroll({ name: "a" }).kind, "fenced");
	t.is(story.report(id, "applied", 1, bootId).kind, "fenced");
	story.take({ kind: "stray-beat", machineId: id, bootId });
	t.is(story.all("fenced-incarnation-spoke").length, 1);
	t.is(story.machine(id).bootId, bootIdOf({ name: "a", boot: 2 }));
});

test("a fenced boot does not come in by its proof as another machine, whatever its facts say by now", (t) => {
	const story = new Story();
	story.declare([{ name: "w", role: "worker", count: "rest" }]);
	const id = story.join({ name: "a" });
	const proof = story.proof(id);
	story.join({ name: "a", boot: 2 });
	const changed = { name: "a", macs: ["52:54:00:00:00:01"], serial: "another" };
	t.is(story.enroll(changed, { token: null, proof }).kind, "fenced");
	t.is(story.enroll({ ...changed, uuid: uuidOf("b") }, { token: null, proof }).kind, "fenced");
	t.is(story.fleet.machines.size, 1);
	t.is(story.fleet.log?.doubt, undefined);
});

test("a rejected machine is not let in until a person approves it, and loses its seat", (t) => {
	const story = new Story();
	story.declare([{ name: "w", role: "worker", count: "rest" }]);
	const id = story.join({ name: "a" });
	t.truthy(story.machine(id).seat);
	story.take({ kind: "reject", machineId: id, reason: "stolen", by: "test" });
	t.is(story.machine(id).seat, undefined);
	t.is(code(story.enroll({ name: "a", boot: 2 })), "machine-rejected");
	t.is(code(story.hello(id, { name: "a" })), "machine-rejected");
	story.take({ kind: "approve", machineId: id, by: "test" });
	t.is(story.join({ name: "a", boot: 2 }), id);
	t.truthy(story.machine(id).seat);
});

test("a removed machine comes back with a new token only, and its generations go on", (t) => {
	const story = new Story();
	story.declare([{ name: "w", role: "worker", count: "rest" }]);
	const id = story.join({ name: "a" });
	const proof = story.proof(id);
	story.take({ kind: "remove", machineId: id, by: "test" });
	t.is(story.fleet.seats.size + story.fleet.claims.size + story.fleet.nodeNames.size, 0);
	t.is(code(story.hello(id, { name: "a" }, { proof, generation: 1 })), "unknown-machine");
	t.is(code(story.enroll({ name: "a" }, { token: null, proof })), "unauthorized");
	t.is(story.join({ name: "a" }), id);
	t.is(story.machine(id).target?.generation, 2);
});

test("a boot that was fenced before its machine was removed does not come back, the live one does", (t) => {
	for (const [boot, kind] of [
		[1, "fenced"],
		[2, "enrolled"],
	] as const) {
		const story = new Story();
		const id = story.join({ name: "a" });
		story.join({ name: "a", boot: 2 });
		story.take({ kind: "remove", machineId: id, by: "test" });
		t.is(story.enroll({ name: "a", boot }).kind, kind);
	}
});

test("an agent that holds a higher generation than the log gets a higher one still", (t) => {
	const story = new Story();
	story.declare([{ name: "w", role: "worker", count: "rest" }]);
	const id = story.join({ name: "a" });
	story.hello(id, { name: "a" }, { generation: 7 });
	t.is(story.machine(id).target?.generation, 8);
	t.is(code(story.hello(id, { name: "a" }, { generation: Number.MAX_SAFE_INTEGER })), "bad-request");
});

test("machines wait for a person unless the document names them or a rule means them", (t) => {
	const story = new Story();
	const declared = [
		{ uuid: uuidOf("a").toUpperCase(), nodeName: "first", labels: { rack: "r7" } },
		{ mac: macOf("b").replaceAll(":", "-") },
	];
	const slots = [{ name: "w", role: "worker", count: "rest" }];
	story.declare(slots, {
		machines: declared,
		approval: { rules: [{ name: "racks", selector: { labels: { rack: "r2" } } }] },
	});
	const [a, b, c, d] = [
		story.join({ name: "a" }),
		story.join({ name: "b" }),
		story.join({ name: "c" }),
		story.join({ name: "d" }, { rack: "r2" }),
	];
	t.deepEqual(
		[a, b, c, d].map((id) => story.machine(id).approval),
		["approved", "approved", "waiting", "approved"],
	);
	t.deepEqual([story.machine(a).labels, story.machine(a).seat?.nodeName], [{ rack: "r7" }, "first"]);
	const answer = story.hello(c, { name: "c" });
	t.true(answer.kind === "wait" && /approval/.test(answer.reason));
});

test("a declared UUID means its machine in either order of bytes, and junk means nobody", (t) => {
	const story = new Story();
	const declared = { uuid: "56 4d 23 10 aa bb cc dd-ee ff 00 11 22 33 44 55", nodeName: "first" };
	const junk = { uuid: "03000200-0400-0500-0006-000700080009" };
	story.declare([{ name: "w", role: "worker", count: "rest" }], { machines: [declared, junk], approval: {} });
	const a = story.join({ name: "a", uuid: "10234d56-bbaa-ddcc-eeff-001122334455" });
	const [b, c] = [story.join({ name: "b", uuid: junk.uuid }), story.join({ name: "c", uuid: junk.uuid })];
	t.is(story.machine(a).seat?.nodeName, "first");
	t.deepEqual(
		[b, c].map((id) => story.machine(id).approval),
		["waiting", "waiting"],
	);
});

test("of two machines with one UUID, only the one that has it as its id is declared by it", (t) => {
	const story = new Story();
	story.declare([{ name: "w", role: "worker", count: "rest" }], { machines: [{ uuid: uuidOf("both") }], approval: {} });
	const first = story.join({ name: "a", uuid: uuidOf("both") });
	const second = story.join({ name: "b", uuid: uuidOf("both") });
	t.deepEqual(
		[first, second].map((id) => story.machine(id).approval),
		["approved", "waiting"],
	);
});
