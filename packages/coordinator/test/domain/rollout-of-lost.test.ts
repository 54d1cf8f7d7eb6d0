import { type MachineId, sha256Of } from "@rollcall/protocol";
import test from "ava";
import { standing } from "../../src/domain/views/phase.ts";
import { STAND_IN_TRUST } from "../../src/render/stand-in-trust.ts";
import { isWell } from "./etcd-story.ts";
import { setUp } from "./rollout-scene.ts";

test("a control plane that is lost before it begins holds nobody up; one that is lost on its way does, until it is removed", (t) => {
	const { story, controlPlanes, change, begun, worker } = setUp();
	const [first, second, third] = controlPlanes;
	story.silent.add(first);
	story.pass(20);
	change("new");
	const others = () => begun().filter((id) => id !== worker);
	t.deepEqual(others(), [second]);
	story.silent.add(second);
	story.pass(120);
	t.is(
		story.machine(third).target?.digest,
		sha256Of(`${story.machine(third).seat?.nodeName} ${STAND_IN_TRUST.encryption}`),
	);
	story.take({ kind: "remove", machineId: second, by: "test" });
	story.pass(1);
	t.deepEqual(others(), [third]);
});

test("a control plane that is silent gets its target when it is heard again; until it is lost the others wait for it", (t) => {
	const { story, controlPlanes, worker, begun, found, upgrade } = setUp();
	const [first, second] = controlPlanes;
	found();
	story.silent.add(first);
	story.pass(4);
	upgrade("1.36.3");
	t.deepEqual(begun(), [worker]);
	story.pass(3);
	t.deepEqual(begun(), [worker]);
	story.silent.delete(first);
	story.pass(1);
	t.deepEqual(begun(), [first, worker].sort());

	const other = setUp();
	other.found();
	other.story.silent.add(first);
	other.story.pass(4);
	other.upgrade("1.36.3");
	other.story.pass(10);
	t.deepEqual(other.begun(), [second, worker].sort());
});

test("of a lost control plane that was given the newest target and did not get well, it is told that the others wait for it, and how to give it up", (t) => {
	const { story, controlPlanes, begun, found, report, upgrade } = setUp();
	const [first, second, third] = controlPlanes;
	const standingOf = (id: MachineId) => standing(story.fleet, story.machine(id));
	found();
	for (const id of [second, third]) isWell(story, id);
	story.silent.add(second);
	story.pass(20);
	t.notRegex(standingOf(second).next ?? "", /rollcall remove/, "it holds nobody up");
	story.silent.delete(second);
	story.pass(2);
	upgrade("1.36.3");
	report(first, true);
	report(first, false);
	story.silent.add(first);
	story.pass(120);
	t.false(begun().includes(second));
	t.regex(
		standingOf(first).reason,
		/it was control-plane .*, and has not got well with generation \d+: .* wait for it/,
	);
	t.is(
		standingOf(first).next,
		`look at its power and its network; where it is gone for good, rollcall remove ${story.machine(first).seat?.nodeName}`,
	);
	story.take({ kind: "remove", machineId: first, by: "test" });
	t.true(begun().includes(second));
});
