import test from "ava";
import { planDocument } from "../../src/domain/views/plan.ts";
import { machineView } from "../../src/domain/views/view.ts";
import { macOf } from "./hardware.ts";
import { Story } from "./story.ts";

const worker = { name: "w", role: "worker", count: "rest" } as const;
const storage = (name: string) => ({ mac: macOf(name), nodeName: "storage-1" });
const letIn = { approval: { rules: [{ name: "all", selector: {} }] } };

/** A fleet in which `old` is the worker storage-1. */
function before(slot: object = worker): {
	story: Story;
	old: ReturnType<Story["join"]>;
	declare: (...names: string[]) => void;
} {
	const story = new Story();
	const declare = (...names: string[]) => void story.declare([slot], { machines: names.map(storage), ...letIn });
	declare("old");
	return { story, old: story.join({ name: "old" }), declare };
}
const nameOf = (story: Story, id: ReturnType<Story["join"]>) => story.machine(id).seat?.nodeName;
/** What a plan of this document warns of. */
const planOf = (story: Story, document: unknown) =>
	planDocument(story.fleet, { document: document as never, digest: `sha256:${"0".repeat(64)}` as never }, () => ({
		ok: false,
		reason: "",
		kind: "unfit",
	})).warnings.join("\n");
const viewOf = (story: Story, id: ReturnType<Story["join"]>) => machineView(story.fleet, story.machine(id));

test("the name of a lost box moves to the hardware that is declared for it now, as soon as that is here", (t) => {
	const { story, old, declare } = before();
	story.silent.add(old);
	story.pass(60);
	declare("new");
	t.is(nameOf(story, old), "storage-1");
	const young = story.join({ name: "new" });
	t.is(nameOf(story, young), "storage-1");
	t.is(story.machine(old).seat, undefined);
	t.regex(
		story.all("machine-released")[0]?.reason ?? "",
		/it is lost, and its node name storage-1 is declared for another machine, which is here/,
	);
	story.silent.clear();
	story.join({ name: "old", boot: 2 });
	t.is(nameOf(story, young), "storage-1");
	t.regex(nameOf(story, old) ?? "", /^worker-/);
});

test("the new hardware waits while the old box lives, says for whom, and takes the name when that is removed", (t) => {
	const { story, old, declare } = before();
	declare("new");
	const young = story.join({ name: "new" });
	t.is(story.machine(young).seat, undefined);
	const view = viewOf(story, young);
	t.regex(view.reason, /its node name storage-1 is that of another machine, which lives/);
	t.regex(view.next ?? "", /^rollcall remove (?:storage-1|[0-9a-f-]{36}), and it becomes storage-1$/);
	story.take({ kind: "remove", machineId: old, by: "test" });
	t.is(nameOf(story, young), "storage-1");
});

test("a machine that came before its declaration gets its name with its next boot, once that is free", (t) => {
	const { story, old, declare } = before();
	const young = story.join({ name: "new" });
	t.regex(nameOf(story, young) ?? "", /^worker-/);
	declare("new");
	t.regex(nameOf(story, young) ?? "", /^worker-/);
	story.take({ kind: "remove", machineId: old, by: "test" });
	story.pass(30);
	t.regex(nameOf(story, young) ?? "", /^worker-/, "what runs keeps its name");
	story.join({ name: "new", boot: 2 });
	t.is(nameOf(story, young), "storage-1");
});

for (const [role, slot] of [
	["worker", worker],
	["control plane", { name: "cp", role: "control-plane", count: 1 }],
] as const) {
	test(`a new name for a ${role} that runs changes nothing until it boots; plan, why and view say so`, (t) => {
		const { story, old } = before(slot);
		story.report(old, "applied", 1);
		const given = story.events.length;
		const renamed = { machines: [{ ...storage("old"), nodeName: "storage-9" }], ...letIn };
		const said = planOf(story, {
			...story.fleet.cluster?.document,
			machines: [{ ...renamed.machines[0], labels: {} }],
		});
		t.regex(said, /machine storage-1 is storage-1 until its next boot, then storage-9: rollcall reboot storage-1/);
		story.declare([slot], renamed);
		story.pass(600);
		t.is(nameOf(story, old), "storage-1");
		t.deepEqual(
			story.events.slice(given).filter(({ type }) => type === "machine-released"),
			[],
		);
		t.is(viewOf(story, old).next, "it becomes storage-9 with its next boot: rollcall reboot storage-1");
		const { slot: was, seat } = story.machine(old).seat ?? {};
		story.join({ name: "old", boot: 2 });
		t.is(nameOf(story, old), "storage-9");
		t.deepEqual([story.machine(old).seat?.slot, story.machine(old).seat?.seat], [was, seat]);
		t.is(story.machine(old).leaving, undefined, "nothing of the boot before is left to drain");
		t.notRegex(planOf(story, story.fleet.cluster?.document), /next boot/);
	});
}

test("a machine that holds etcd's memory is not renamed, and its state says what a person can do", (t) => {
	const { story, old, declare } = before({ name: "cp", role: "control-plane", count: 2 });
	const young = story.join({ name: "new" });
	const was = nameOf(story, young);
	story.silent.add(old);
	story.pass(60);
	declare("new");
	t.is(nameOf(story, young), was);
	t.is(nameOf(story, old), "storage-1");
	t.is(story.all("machine-released").length, 0);
});

test("a plan says which declared names do not move yet, and why", (t) => {
	const { story, old } = before();
	const document = { ...story.fleet.cluster?.document, machines: [{ ...storage("new"), labels: {} }] } as never;
	const warnings = () => planOf(story, document);
	t.regex(warnings(), new RegExp(`storage-1 is that of ${old}, which lives; it moves after: rollcall remove ${old}`));
	story.silent.add(old);
	story.pass(60);
	t.regex(warnings(), new RegExp(`which is lost; it moves when ${macOf("new")} is here`));
});
