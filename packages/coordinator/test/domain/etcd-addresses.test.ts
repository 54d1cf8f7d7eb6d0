import type { MachineId } from "@rollcall/protocol";
import test from "ava";
import { etcdBeginning } from "../../src/domain/etcd/beginning.ts";
import { nextEtcdStep } from "../../src/domain/etcd/steps.ts";
import { etcdWait } from "../../src/domain/etcd/wait.ts";
import { BOXES, beginnings, CONTROL, founded } from "./etcd-story.ts";
import { addressOf } from "./hardware.ts";
import { Story } from "./story.ts";

const NETWORKS = { networks: { nodeAddress: { interface: "eth0" } } };
const [, second, third] = BOXES;

/** As where targets are rendered: nobody is told to begin with etcd before it may, and all its seats are filled. */
function waitForEtcd(story: Story): Story {
	const { summarize } = story;
	story.summarize = (fleet, machine, seat) =>
		etcdBeginning(fleet, machine) && fleet.seats.size === 3
			? summarize(fleet, machine, seat)
			: { ok: false, reason: etcdWait(fleet), kind: "etcd-waits" };
	return story;
}

test("where two machines with seats for etcd have one address nobody begins, and who waits names both", (t) => {
	const story = waitForEtcd(new Story());
	story.declare(CONTROL, NETWORKS);
	const a = story.join({ name: "a", memoryGiB: 8 });
	const twin = story.join({ name: "b", memoryGiB: 8, address: addressOf("a") });
	const c = story.join({ name: "c", memoryGiB: 8 });
	t.deepEqual(beginnings(story, [a, twin, c]), [undefined, undefined, undefined]);
	const [one, other] = [a, twin].map((id) => story.machine(id).seat?.nodeName);
	t.regex(
		story.machine(c).impossible?.reason ?? "",
		new RegExp(`^${one}, ${other} have the same address, ${addressOf("a")}, .* rollcall remove what is gone for good`),
	);
	story.take({ kind: "remove", machineId: twin, by: "test" });
	const d = story.join({ name: "d", memoryGiB: 8 });
	for (const beginning of beginnings(story, [a, c, d])) t.is(beginning?.state, "new");
});

test("a boot with the address of a living member is not let into etcd, which would not take it, and keeps nobody else out", (t) => {
	const { story, ids } = founded([], NETWORKS);
	const [, b, c] = ids as [MachineId, MachineId, MachineId];
	waitForEtcd(story);
	story.join({ name: "b", memoryGiB: 8, boot: 2, address: addressOf("a") });
	t.is(nextEtcdStep(story.fleet), undefined);
	t.regex(
		story.machine(b).impossible?.reason ?? "",
		/its member is being replaced, but \S+, \S+ have the same address/,
	);
	if (!second || !third) return t.fail();
	story.join({ ...second, boot: 3 });
	t.like(nextEtcdStep(story.fleet), { kind: "replace", machine: { machineId: b } });
	story.join({ ...second, boot: 4, address: addressOf("a") });
	story.join({ ...third, boot: 2, address: addressOf("c") });
	t.like(nextEtcdStep(story.fleet), { kind: "replace", machine: { machineId: c } });
});
