import test from "ava";
import { Story } from "./story.ts";

function scene() {
	const story = new Story();
	story.declare([{ name: "w", role: "worker", count: 1 }]);
	const box = { name: "a", memoryGiB: 8 };
	const id = story.join(box);
	const ask = (commandId: string, minutes = 1) =>
		story.take({
			kind: "command",
			machineId: id,
			commandId,
			command: "reboot",
			deadlineAt: story.at + minutes * 60_000,
			by: "test",
		});
	return { story, box, id, ask };
}

test("a command that comes again, by its id, is answered as before, while it is open and when it is done", (t) => {
	const { story, box, ask } = scene();
	const first = ask("c1");
	t.like(first, { kind: "command", commandId: "c1" });
	t.deepEqual(ask("c1", 5), first, "another deadline was taken");
	t.like(ask("c2"), { kind: "problem", problem: { code: "conflict" } });
	story.join({ ...box, boot: 2 });
	t.like(ask("c1"), { kind: "command", commandId: "c1", over: true });
	t.is(story.all("command-issued").length, 1);
	t.like(ask("c2"), { kind: "command", commandId: "c2" });
	t.is(story.all("command-issued").length, 2);
});

test("a command that failed is not begun again by its id, and says why it failed", (t) => {
	const { story, id, ask } = scene();
	ask("c1");
	story.take({ kind: "command-failed", machineId: id, commandId: "c1", reason: "the agent is not connected" });
	const again = ask("c1");
	t.like(again, { kind: "problem", problem: { code: "conflict" } });
	t.regex(again.kind === "problem" ? again.problem.message : "", /failed: the agent is not connected/);
	t.is(story.all("command-issued").length, 1);
});
