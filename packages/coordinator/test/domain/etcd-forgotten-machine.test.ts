import type { MachineId } from "@rollcall/protocol";
import test from "ava";
import { apply } from "../../src/domain/apply.ts";
import { memoryHolders } from "../../src/domain/etcd/memory-holders.ts";
import { nextBeginning } from "../../src/domain/etcd/snapshots.ts";
import { nextEtcdStep } from "../../src/domain/etcd/steps.ts";
import { EMPTY_FLEET } from "../../src/domain/fleet.ts";
import { doubtLog } from "../../src/domain/log/log-doubt.ts";
import { BOXES, CONTROL, isWell, snapshotOf, takeStep } from "./etcd-story.ts";
import { type Hardware, uuidOf } from "./hardware.ts";
import { codeOf, Story } from "./story.ts";

const [A, B] = BOXES as [Hardware, Hardware];
/** Another box whose firmware reports the UUID of the first one. */
const TWIN: Hardware = { name: "twin", memoryGiB: 8, uuid: uuidOf(A.name) };

/** etcd on so many machines, and a log that lost the entry by which the first of them enrolled. */
function forgotten(count: number, then: (whole: Story) => void = () => undefined) {
	const story = new Story();
	story.declare([{ ...CONTROL[0], count }]);
	const ids = BOXES.slice(0, count).map((box) => story.join(box));
	for (const id of ids) story.report(id, "applied", 1);
	takeStep(story);
	story.take({ kind: "etcd-snapshot", snapshot: snapshotOf(5) });
	const [a] = ids as [MachineId];
	const proof = story.proof(a);
	if (count === 1) story.join(B);
	then(story);
	const left = story.events.filter((event) => event.type !== "machine-enrolled" || event.machineId !== a);
	story.fleet = left.reduce(apply, EMPTY_FLEET);
	story.record(doubtLog([{ kind: "gap", position: 4, reason: "entry 4 is missing" }], 9, story.at));
	return { story, a, proof };
}

test("a boot that claims to be a member of etcd whose enrollment the log lost waits: the member may live, and nobody begins beside it", (t) => {
	for (const count of [1, 3])
		for (const box of [TWIN, { ...A, boot: 2 }]) {
			const { story, a } = forgotten(count);
			const answer = story.enroll(box);
			t.is(codeOf(answer), "boot-waits");
			t.regex(
				answer.kind === "problem" ? `${answer.problem.message}; ${answer.problem.next}` : "",
				/holds etcd's memory.*rollcall log accept/,
			);
			story.pass(60);
			t.is(codeOf(story.enroll(box)), "boot-waits");
			t.truthy(story.fleet.log?.doubt, "that member was not heard");
			t.is(story.fleet.machines.get(a), undefined);
			t.is(story.all("etcd-restoring").length, 0);
		}
});

test("the member itself comes in by its proof with its id, the doubt ends, and then its twin is another machine", (t) => {
	const { story, a, proof } = forgotten(1);
	t.is(codeOf(story.enroll(TWIN)), "boot-waits");
	t.is(codeOf(story.enroll(A, { token: null, proof })), "enrolled");
	t.is(story.machine(a).bootId, proof.assignment.bootId);
	isWell(story, a);
	story.pass(60);
	t.is(story.fleet.log?.doubt, undefined);
	t.is(nextEtcdStep(story.fleet), undefined);
	const twin = story.join(TWIN);
	t.not(twin, a);
});

test("where a person says that the log goes on as it is, the new boot comes in, and etcd is to begin with the snapshot", (t) => {
	const { story, a } = forgotten(1);
	const box = { ...A, boot: 2 };
	story.pass(60);
	t.is(codeOf(story.enroll(box)), "boot-waits");
	t.is(codeOf(story.take({ kind: "log-accept", by: "test" })), "ok");
	t.is(story.join(box), a);
	t.deepEqual(memoryHolders(story.fleet), []);
	t.like(nextBeginning(story.fleet), { from: "snapshot", snapshot: { revision: 5 } });
});

test("a member whose enrollment the log lost is a member still when another one joined after it, and nobody begins beside it", (t) => {
	const { story, a } = forgotten(1, (whole) => {
		whole.declare([{ ...CONTROL[0], count: 2 }]);
		const step = nextEtcdStep(whole.fleet);
		if (step?.kind !== "replace") return t.fail();
		whole.take({ kind: "etcd-removing", step, ids: [] });
		takeStep(whole);
		whole.report(step.machine.machineId, "applied", 1);
		takeStep(whole);
	});
	t.is(story.fleet.etcd?.members.find(({ machineId }) => machineId === a)?.removed, undefined);
	story.join({ ...B, boot: 2 });
	story.pass(600);
	t.truthy(story.fleet.log?.doubt, "one of them was not heard");
	t.is(nextEtcdStep(story.fleet), undefined);
});
