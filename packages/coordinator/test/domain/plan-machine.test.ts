import type { MachineId } from "@rollcall/protocol";
import test from "ava";
import { planMachine } from "../../src/domain/views/plan.ts";
import { renderForTests, Story } from "./story.ts";

const edge = { name: "edge", role: "edge", count: 2, selector: { labels: { door: "yes" } } };
const slots = [edge, { name: "w", role: "worker", count: "rest" }];

function fleetOf(names: readonly string[]): { story: Story; idOf: (name: string) => MachineId } {
	const story = new Story();
	story.declare(slots, { roles: { edge: {} } });
	for (const name of names) story.join({ name });
	const idOf = (name: string) => {
		for (const { facts, machineId } of story.fleet.machines.values()) if (facts.hostname === name) return machineId;
		throw new Error(`no machine ${name}`);
	};
	return { story, idOf };
}

function rolesOf(story: Story): Record<string, string> {
	return Object.fromEntries(
		[...story.fleet.machines.values()].map(({ machineId, seat }) => [machineId, seat?.role ?? ""]),
	);
}

for (const [what, change] of [
	["a role by hand", { kind: "pin-role", role: "edge" }],
	["a role that is taken back", { kind: "pin-role", role: null }],
	["a label by which a slot takes it", { kind: "label", labels: { door: "yes" } }],
	["a label that is taken away", { kind: "label", labels: {} }],
] as const) {
	test(`what is told to follow from ${what} is what happens`, (t) => {
		const { story, idOf } = fleetOf(["a", "b", "c"]);
		if (change.kind === "pin-role" && change.role === null)
			story.take({ kind: "pin-role", machineId: idOf("b"), role: "edge", by: "t-admin" });
		if (change.kind === "label" && !("door" in change.labels))
			story.take({ kind: "label", machineId: idOf("b"), labels: { door: "yes" }, by: "t-admin" });
		story.pass(1);
		const before = rolesOf(story);
		const input = { ...change, machineId: idOf("b"), by: "t-admin" };
		const plan = planMachine(story.fleet, input, renderForTests);
		if ("code" in plan) return t.fail(plan.message);
		t.deepEqual(rolesOf(story), before, "a plan changes nothing");
		story.take(input);
		story.pass(5);
		const after = rolesOf(story);
		const moved = Object.keys(after).filter((id) => after[id] !== before[id]);
		t.deepEqual(
			plan.machines.filter(({ action }) => action !== "update").map(({ machineId }) => machineId as string),
			moved,
		);
		for (const { machineId, to } of plan.machines) t.is((to ?? "").split(" ")[0], after[machineId]);
	});
}

test("a role without a free seat is told to wait, and what would be refused is refused", (t) => {
	const { story, idOf } = fleetOf(["a", "b", "c"]);
	for (const name of ["a", "b"]) story.take({ kind: "pin-role", machineId: idOf(name), role: "edge", by: "t-admin" });
	story.pass(5);
	const input = { kind: "pin-role", machineId: idOf("c"), by: "t-admin" } as const;
	const waits = planMachine(story.fleet, { ...input, role: "edge" }, renderForTests);
	if ("code" in waits) return t.fail(waits.message);
	t.regex(waits.warnings.join(), /does not get the role edge now: no seat with that is free/);
	const refused = planMachine(story.fleet, { ...input, role: "unknown" }, renderForTests);
	t.true("code" in refused && /no slot of cluster/.test(refused.message));
});
