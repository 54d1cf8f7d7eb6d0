import test from "ava";
import { describe } from "../../src/domain/views/describe.ts";
import { bootIdOf } from "./hardware.ts";
import { codeOf, Story } from "./story.ts";

/** A machine whose agent beats, in a cluster. */
function begin() {
	const story = new Story();
	story.declare([{ name: "w", role: "worker", count: "rest" }]);
	const machineId = story.join({ name: "a" });
	/** As the loop does: what was heard before a good-bye is no sign of life. */
	const bye = (boot = 1) => {
		if (boot === 1) story.lastHeard.delete(machineId);
		return story.take({ kind: "bye", machineId, bootId: bootIdOf({ name: "a", boot }) });
	};
	return { story, machineId, bye };
}

test("after its good-bye a boot counts as lost at once, and the next one does not wait", (t) => {
	const { story, machineId, bye } = begin();
	t.is(codeOf(story.enroll({ name: "a", boot: 2 })), "boot-waits");
	t.is(codeOf(bye()), "ok");
	t.is(story.machine(machineId).lease, "lost");
	const [last] = story.all("lease-changed").slice(-1);
	t.like(last, { goodBye: true });
	t.regex(last ? describe(last) : "", /says good-bye: its system shuts down/);
	t.is(codeOf(bye()), "ok");
	t.is(story.all("lease-changed").filter(({ goodBye }) => goodBye).length, 1);
	t.is(codeOf(story.enroll({ name: "a", boot: 2 })), "enrolled");
	t.is(story.machine(machineId).bootId, bootIdOf({ name: "a", boot: 2 }));
});

test("a good-bye of a boot that is over, or never was, ends nobody", (t) => {
	const { story, machineId, bye } = begin();
	t.is(codeOf(bye(7)), "unknown-machine");
	t.is(story.machine(machineId).lease, "alive");
	bye();
	story.enroll({ name: "a", boot: 2 });
	t.is(codeOf(story.take({ kind: "bye", machineId, bootId: bootIdOf({ name: "a" }) })), "fenced");
	t.is(story.machine(machineId).lease, "alive");
});

test("a boot that speaks again after its good-bye is alive again, and the next one waits", (t) => {
	const { story, machineId, bye } = begin();
	bye();
	story.pass(1);
	t.is(story.machine(machineId).lease, "alive");
	t.is(codeOf(story.enroll({ name: "a", boot: 2 })), "boot-waits");
});
