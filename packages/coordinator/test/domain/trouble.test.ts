import test from "ava";
import { fleetTrouble } from "../../src/domain/views/trouble.ts";
import { Story } from "./story.ts";

const plane = { name: "cp", role: "control-plane", count: 1 } as const;
const worker = { name: "w", role: "worker", count: "rest" } as const;
let sequence = 0;
const kinds = (story: Story) => fleetTrouble(story.fleet, []).map(({ kind }) => kind);

test("a fleet whose only control plane was made a worker is not well: its seat is empty and nobody answers the API", (t) => {
	const story = new Story();
	const id = story.join({ name: "a" });
	story.declare([plane, worker]);
	story.report(id, "applied", ++sequence);
	t.deepEqual(kinds(story), []);
	story.take({ kind: "pin-role", machineId: id, role: "worker", by: "test", acceptLoss: "control-plane" });
	story.report(id, "applied", ++sequence);
	t.is(story.machine(id).seat?.role, "worker");
	const [api, seat] = fleetTrouble(story.fleet, []);
	t.is(api?.kind, "no-api");
	t.regex(api?.text ?? "", /no machine is a control plane/);
	t.is(seat?.kind, "empty-seat");
	t.is(seat?.text, "the only seat of slot cp (control-plane) is empty");
});

test("a role that is taken back gives the machine its free seat again", (t) => {
	const story = new Story();
	const id = story.join({ name: "a" });
	story.declare([plane, worker]);
	story.take({ kind: "pin-role", machineId: id, role: "worker", by: "test" });
	t.is(story.machine(id).seat?.role, "worker");
	story.take({ kind: "pin-role", machineId: id, role: null, by: "test" });
	t.is(story.machine(id).seat?.role, "control-plane");
});

test("a member that is lost is told by name until it is back", (t) => {
	const story = new Story();
	const [a, b] = [story.join({ name: "a" }), story.join({ name: "b" })];
	story.declare([plane, worker]);
	for (const id of [a, b]) story.report(id, "applied", ++sequence);
	const lost = story.machine(a).seat?.role === "worker" ? a : b;
	story.silent.add(lost);
	story.pass(30);
	const [trouble] = fleetTrouble(story.fleet, []);
	t.is(trouble?.kind, "lost-member");
	t.is(trouble?.text, `1 machine with a seat is lost: ${story.machine(lost).seat?.nodeName}`);
});

test("no cluster, and slots of the operator's own roles that take the rest, lack nothing", (t) => {
	const story = new Story();
	t.deepEqual(kinds(story), []);
	story.declare([{ ...worker, role: "storage" }], { roles: { storage: {} } });
	t.deepEqual(kinds(story), []);
});

test("an empty seat names the machine that could have it but for trust, and what a person can do then fills it", (t) => {
	const story = new Story();
	const id = story.join({ name: "a" });
	story.declare([{ ...plane, grade: "observed" }, worker]);
	t.is(story.machine(id).seat?.role, "worker");
	const { bootId, seat } = story.machine(id);
	const next = fleetTrouble(story.fleet, []).find(({ kind }) => kind === "empty-seat")?.next ?? "";
	t.true(next.startsWith(`${seat?.nodeName} could have one, but slot cp wants a machine that is observed`), next);
	t.true(next.endsWith(`rollcall approve ${id} --boot ${bootId}, and rollcall role ${id} control-plane`), next);
	story.take({ kind: "approve", machineId: id, bootId, by: "test" });
	t.notRegex(fleetTrouble(story.fleet, [])[1]?.next ?? "", /could have one/);
	story.take({ kind: "pin-role", machineId: id, role: "control-plane", by: "test" });
	story.report(id, "applied", ++sequence);
	t.is(story.machine(id).seat?.role, "control-plane");
	t.false(kinds(story).includes("empty-seat"));
});
