import test from "ava";
import { nextEtcdStep } from "../../src/domain/etcd/steps.ts";
import { planDocument } from "../../src/domain/views/plan.ts";
import { machineView } from "../../src/domain/views/view.ts";
import { BOXES, CONTROL, founded, remember, takeStep } from "./etcd-story.ts";
import { macOf } from "./hardware.ts";
import { documentOf, Story } from "./story.ts";

const letIn = { approval: { rules: [{ name: "all", selector: {} }] } };
/** Boxes a, b and so on, declared under these names. */
const named = (...names: readonly string[]) => ({
	...letIn,
	machines: names.map((nodeName, index) => ({ mac: macOf("abc"[index] ?? ""), nodeName })),
});
const nextOf = (story: Story, id: ReturnType<Story["join"]>) => machineView(story.fleet, story.machine(id)).next;
const planOf = (story: Story, declared: ReturnType<typeof documentOf>) =>
	planDocument(story.fleet, declared, () => ({ ok: false, reason: "", kind: "unfit" })).warnings;

/** Three control planes with etcd. */
function controlPlanes() {
	const { story, ids } = founded([10], named("cp-1", "cp-2", "cp-3"));
	remember(story, ids);
	const boot = (index: number, boot: number) => {
		story.join({ ...(BOXES[index] ?? { name: "" }), boot });
		for (let steps = 0; nextEtcdStep(story.fleet) && steps < 8; steps++) takeStep(story);
		for (const id of ids) story.report(id, "applied", story.machine(id).target?.generation ?? 1);
		for (let steps = 0; nextEtcdStep(story.fleet) && steps < 8; steps++) takeStep(story);
	};
	const nodes = () => ids.map((id) => story.machine(id).seat?.nodeName);
	return { story, ids, boot, nodes };
}

test("a document that has control planes change names with each other is refused, and the plan says so and what leads there", (t) => {
	const { story, nodes } = controlPlanes();
	for (const [names, who] of [
		[["cp-2", "cp-1", "cp-3"], /^cp-\d, cp-\d would change names with each other/],
		[["cp-2", "cp-3", "cp-1"], /^cp-\d, cp-\d, cp-\d would change names with each other/],
	] as const) {
		const declared = documentOf(CONTROL, named(...names));
		const answer = story.take({ kind: "declare", ...declared, by: "test" });
		t.is(answer.kind, "problem");
		if (answer.kind !== "problem") return;
		t.is(answer.problem.code, "conflict");
		t.regex(answer.problem.message, who);
		t.regex(answer.problem.next ?? "", /^declare for cp-\d a name that nobody has, and reboot it; then /);
		t.true(
			planOf(story, declared).some(
				(line) => line === `apply refuses this document: ${answer.kind === "problem" && answer.problem.message}`,
			),
		);
	}
	t.deepEqual(nodes(), ["cp-1", "cp-2", "cp-3"]);
	t.is(story.all("cluster-declared").length, 1);
});

test("what the refusal advises leads there one machine at a time, and etcd keeps three members", (t) => {
	const { story, boot, nodes } = controlPlanes();
	story.declare(CONTROL, named("cp-9", "cp-1", "cp-3"));
	t.regex(
		nextOf(story, story.fleet.nodeNames.get("cp-2") as never) ?? "",
		/^rollcall reboot .*, which gets another name; then it becomes cp-1/,
	);
	boot(0, 2);
	t.deepEqual(nodes(), ["cp-9", "cp-2", "cp-3"]);
	boot(1, 2);
	t.deepEqual(nodes(), ["cp-9", "cp-1", "cp-3"]);
	story.declare(CONTROL, named("cp-2", "cp-1", "cp-3"));
	boot(0, 3);
	t.deepEqual(nodes(), ["cp-2", "cp-1", "cp-3"]);
	t.is(story.all("machine-removed").length, 0);
	t.is(nextEtcdStep(story.fleet), undefined);
});

test("workers that are declared under each other's names go on under their own, and are told how they change", (t) => {
	const story = new Story();
	const slot = [{ name: "w", role: "worker", count: "rest" }];
	story.declare(slot, named("w-1", "w-2"));
	const ids = ["a", "b"].map((name) => story.join({ name }));
	for (const id of ids) story.report(id, "applied", 1);
	story.declare(slot, named("w-2", "w-1"));
	t.deepEqual(
		ids.map((id) => story.machine(id).seat?.nodeName),
		["w-1", "w-2"],
	);
	for (const id of ids) t.regex(nextOf(story, id) ?? "", /^declare for w-\d a name that nobody has/);
});
