import test from "ava";
import { findMachine } from "../../../src/adapters/http/find-machine.ts";
import { Refusal, refuse, withNames } from "../../../src/adapters/http/problem.ts";
import { uuidOf } from "../../domain/hardware.ts";
import { Story } from "../../domain/story.ts";

function fleetOfTwo() {
	const story = new Story();
	const a = story.join({ name: "rack-a", serial: "7XK22", macs: ["52:54:00:aa:bb:01"] });
	const b = story.join({ name: "rack-b", serial: "7XK33", macs: ["52:54:00:aa:bb:02"] });
	story.declare([{ name: "w", role: "worker", count: "rest" }]);
	return { story, a, b };
}

test("a machine is found by every name that people know, in any notation, and by its beginning", (t) => {
	const { story, a } = fleetOfTwo();
	const node = story.machine(a).seat?.nodeName ?? "";
	const names = [a, a.slice(0, 8), node, "rack-a", "RACK-A", "7XK22", "7xk2", "52:54:00:AA:BB:01", "52-54-00-aa-bb-01"];
	const own = story.join({ name: "other", macs: ["02:11:22:33:44:55"] });
	for (const start of ["02:11:22", "02-11-22", "021122", "0211.2233", "02112233445"])
		t.is(findMachine(story.fleet, start, {}).machineId, own, start);
	for (const name of [...names, "525400aabb01", uuidOf("rack-a")])
		t.is(findMachine(story.fleet, name, {}).machineId, a, name);
});

test("what the coordinator named comes before what a machine says of itself", (t) => {
	const { story, a } = fleetOfTwo();
	const name = story.machine(a).seat?.nodeName ?? "";
	const liar = story.join({ name, serial: name });
	t.not(liar, a);
	t.is(findMachine(story.fleet, name, {}).machineId, a);
});

test("a machine that lost its seat is found by the node name that it had, as long as nobody else has it", (t) => {
	const { story, a, b } = fleetOfTwo();
	const name = story.machine(a).seat?.nodeName ?? "";
	story.take({ kind: "reject", machineId: story.machine(a).machineId, reason: "a test", by: "anna" });
	story.settle();
	t.is(story.machine(a).seat, undefined);
	t.is(findMachine(story.fleet, name, {}).machineId, a);
	const machines = story.fleet.machines.set(story.machine(a).machineId, { ...story.machine(a), leaving: undefined });
	const emptied = { ...story.fleet, machines, nodeNames: story.fleet.nodeNames.delete(name) };
	t.is(findMachine(emptied, name, {}).machineId, a);
	const renamed = { ...emptied, cluster: undefined };
	t.is(findMachine(renamed, name, {}).machineId, a, "whatever is declared meanwhile");
	const taken = { ...emptied, nodeNames: emptied.nodeNames.set(name, story.machine(b).machineId) };
	t.throws(() => findMachine(taken, name, {}), { instanceOf: Refusal });
});

test("a name that fits several is refused with all of them, and one that fits none says where to look", (t) => {
	const { story, a, b } = fleetOfTwo();
	const several = t.throws(() => findMachine(story.fleet, "7XK", {}), { instanceOf: Refusal });
	t.is(several?.problem.code, "conflict");
	t.deepEqual(several?.problem.details?.map(({ suggestion }) => suggestion).sort(), [a, b].sort());
	const nodes = [a, b].map((id) => `${story.machine(id).seat?.nodeName} (id ${id})`);
	t.deepEqual(several?.problem.details?.map(({ message }) => message).sort(), nodes.sort());
	const none = t.throws(() => findMachine(story.fleet, "nobody", {}), { instanceOf: Refusal });
	t.is(none?.problem.code, "unknown-machine");
	t.regex(none?.problem.next ?? "", /-o wide/);
});

test("a refusal calls a machine by its node name, as every table does, and keeps the id beside it", (t) => {
	const { story, a } = fleetOfTwo();
	const node = story.machine(a).seat?.nodeName ?? "";
	const about = { machineId: story.machine(a).machineId, next: `rollcall why ${a}` };
	const { problem } = withNames(story.fleet, refuse("conflict", `machine ${a} cannot get the role x`, about));
	t.like(problem, { message: `machine ${node} cannot get the role x`, next: `rollcall why ${node}`, machineId: a });
});
