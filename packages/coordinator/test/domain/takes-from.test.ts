import test from "ava";
import { planDocument } from "../../src/domain/views/plan.ts";
import { documentOf, renderForTests, Story } from "./story.ts";

const edge = (count: number, more: object = {}) => ({ name: "edge", role: "edge", count, from: ["worker"], ...more });
const worker = { name: "w", role: "worker", count: "rest" } as const;
const roles = { roles: { edge: {} } };

function roleOf(story: Story): Record<string, number> {
	const roles: Record<string, number> = {};
	for (const { seat } of story.fleet.machines.values()) {
		const role = seat?.role ?? "none";
		roles[role] = (roles[role] ?? 0) + 1;
	}
	return roles;
}

function fleetOf(names: readonly string[], slots: readonly object[]): Story {
	const story = new Story();
	story.declare(slots, roles);
	for (const name of names) story.join({ name }, { name, rack: name.slice(0, 1) });
	return story;
}

test("a raised count takes a living worker where no spare fits, and the plan says so beforehand", (t) => {
	const story = fleetOf(["a", "b", "c"], [edge(1), worker]);
	t.deepEqual(roleOf(story), { edge: 1, worker: 2 });
	const plan = planDocument(story.fleet, documentOf([edge(2), worker], roles), renderForTests);
	t.deepEqual(
		plan.machines.filter(({ from, to }) => from !== to).map(({ from, to }) => `${from} to ${to}`),
		["worker (w/0) to edge (edge/1)"],
	);
	story.declare([edge(2), worker], roles);
	t.deepEqual(roleOf(story), { edge: 2, worker: 1 });
	t.regex(
		story.all("machine-released").at(-1)?.reason ?? "",
		/slot edge has a free seat and takes it from the role worker/,
	);
});

test("a spare comes before a worker, and without `from` nobody is taken", (t) => {
	const story = fleetOf(["a", "b"], [edge(0), { ...worker, count: 1 }]);
	story.declare([edge(1), { ...worker, count: 1 }], roles);
	t.deepEqual(roleOf(story), { edge: 1, worker: 1 });
	t.is(story.all("machine-released").length, 0);
	story.declare([edge(2, { from: [] }), { ...worker, count: 1 }], roles);
	t.deepEqual(roleOf(story), { edge: 1, worker: 1 });
});

test("who is lost, does not fit or was given its role by hand stays where it is", (t) => {
	const story = fleetOf(["lost", "other", "fits", "pinned"], [edge(0), worker]);
	const idOf = (name: string) =>
		[...story.fleet.machines.values()].find(({ facts }) => facts.hostname === name)?.machineId ?? t.fail();
	story.take({ kind: "pin-role", machineId: idOf("pinned"), role: "worker", by: "t-admin" });
	story.silent.add(idOf("lost") as never);
	story.pass(30);
	story.declare([edge(4, { selector: { labels: { rack: "f" } } }), worker], roles);
	t.deepEqual(roleOf(story), { edge: 1, worker: 3 });
	story.declare([edge(4), worker], roles);
	t.deepEqual(roleOf(story), { edge: 2, worker: 2 });
});

test("the taken ones are spread like all others", (t) => {
	const story = fleetOf(["a1", "a2", "a3", "b1"], [edge(0), worker]);
	story.declare([edge(2, { spread: "rack" }), worker], roles);
	const racks = [...story.fleet.machines.values()]
		.filter(({ seat }) => seat?.role === "edge")
		.map(({ labels }) => labels.rack);
	t.deepEqual(racks.sort(), ["a", "b"]);
});

test("one that is not empty yet has its new seat kept, and no second one is taken for it", (t) => {
	const story = fleetOf(["a", "b", "c"], [edge(0), worker]);
	for (const { machineId } of story.fleet.machines.values()) story.report(machineId, "applied", 1);
	story.empties = false;
	story.declare([edge(1), worker], roles);
	story.pass(20);
	const left = story.all("machine-released");
	t.is(left.length, 1);
	const { machineId } = left[0] ?? t.fail();
	t.is(story.machine(machineId as never).seat, undefined);
	story.report(machineId as never, "applied", 2);
	t.is(story.machine(machineId as never).seat?.slot, "edge");
	story.pass(20);
	t.is(story.all("machine-released").length, 1);
});
