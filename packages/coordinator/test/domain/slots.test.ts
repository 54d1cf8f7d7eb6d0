import test from "ava";
import { machineView } from "../../src/domain/views/view.ts";
import { macOf } from "./hardware.ts";
import { Story } from "./story.ts";

const worker = { name: "w", role: "worker", count: "rest" } as const;

function names(story: Story): Record<string, string> {
	return Object.fromEntries(
		Object.entries(story.seating()).map(([seat, id]) => [seat, story.machine(id).facts.hostname]),
	);
}

test("slots are filled in their order, one seat per machine, and the rest takes the others", (t) => {
	const story = new Story();
	for (const name of ["a", "b", "c", "d"]) story.join({ name });
	story.declare([{ name: "cp", role: "control-plane", count: 1 }, { name: "store", role: "etcd", count: 2 }, worker]);
	t.deepEqual(Object.keys(story.seating()), ["cp/0", "store/0", "store/1", "w/0"]);
	t.is(new Set(Object.values(story.seating())).size, 4);
	t.is(new Set(story.fleet.nodeNames.keys()).size, 4);
});

test("selectors keep machines out, and the answer to their hello says why", (t) => {
	const story = new Story();
	story.declare([{ name: "big", role: "worker", count: 2, selector: { minMemory: "8GiB" } }]);
	const [small, big] = [story.join({ name: "small" }), story.join({ name: "big", memoryGiB: 8 })];
	t.deepEqual(story.seating(), { "big/0": big });
	const answer = story.hello(small, { name: "small" });
	t.true(answer.kind === "wait" && /4096 MiB of memory of 8192/.test(answer.reason));
});

test("spread gives every label value an equal share", (t) => {
	const story = new Story();
	for (const [rack, count] of [
		["r1", 5],
		["r2", 2],
		["r3", 3],
	] as const) {
		for (let index = 0; index < count; index++) story.join({ name: `${rack}-${index}` }, { rack });
	}
	story.declare([{ name: "cp", role: "control-plane", count: 6, spread: "rack" }]);
	const racks = Object.values(story.seating())
		.map((id) => story.machine(id).labels.rack)
		.sort();
	t.deepEqual(racks, ["r1", "r1", "r2", "r2", "r3", "r3"]);
});

test("spares are kept from later slots, and take the place of a holder that is lost for too long", (t) => {
	const story = new Story();
	for (const name of ["a", "b", "c"]) story.join({ name });
	story.declare([{ name: "cp", role: "control-plane", count: 1, spares: 1, replaceAfterSeconds: 30 }, worker]);
	t.deepEqual(Object.keys(story.seating()), ["cp/0", "w/0"]);
	const before = story.seating()["cp/0"];
	if (!before) return t.fail();
	story.silent.add(before);
	story.pass(35);
	t.is(story.seating()["cp/0"], before);
	story.pass(10);
	const after = story.seating()["cp/0"];
	t.not(after, before);
	t.is(story.machine(before).seat, undefined);
	story.silent.clear();
	story.pass(5);
	t.is(story.seating()["cp/0"], after);
});

test("without replaceAfterSeconds a seat waits for its holder", (t) => {
	const story = new Story();
	const id = story.join({ name: "a" });
	story.declare([{ name: "cp", role: "control-plane", count: 1 }]);
	story.join({ name: "b" });
	story.silent.add(id);
	story.pass(3600);
	t.is(story.seating()["cp/0"], id);
});

test("a role given by hand comes first, and does not push anybody out", (t) => {
	const story = new Story();
	const slots = [{ name: "cp", role: "control-plane", count: 1 }, worker];
	story.declare(slots);
	const [a, b] = [story.join({ name: "a" }), story.join({ name: "b" })];
	t.deepEqual(story.seating(), { "cp/0": a, "w/0": b });
	story.take({ kind: "pin-role", machineId: b, role: "control-plane", by: "test" });
	t.deepEqual(story.seating(), { "cp/0": a, "w/0": b });
	const wish = () => machineView(story.fleet, story.machine(b));
	t.like(wish(), {
		role: "worker",
		pinned: false,
		next: "raise the count of a slot with this role, or take the role back",
	});
	t.regex(wish().reason, /given the role control-plane by hand, and no seat with that is free$/);
	story.declare([{ ...slots[0], count: 2 }, worker]);
	t.deepEqual(story.seating(), { "cp/0": a, "cp/1": b });
	t.true(story.machine(b).seat?.pinned);
	t.like(wish(), { role: "control-plane", pinned: true });
	t.notRegex(wish().reason, /by hand/);
	const answer = story.take({ kind: "pin-role", machineId: b, role: "vault", by: "test" });
	t.true(answer.kind === "problem" && /control-plane, worker/.test(answer.problem.next ?? ""));
});

test("who does not match any more, or whose slot is gone, is released with the reason", (t) => {
	const story = new Story();
	story.declare([
		{ name: "cp", role: "control-plane", count: 1 },
		{ name: "r1", role: "worker", count: 3, selector: { labels: { rack: "r1" } } },
	]);
	const [a, b] = [story.join({ name: "a" }, { rack: "r1" }), story.join({ name: "b" }, { rack: "r1" })];
	story.take({ kind: "label", machineId: b, labels: { rack: "r2" }, by: "test" });
	t.deepEqual(story.seating(), { "cp/0": a });
	t.regex(story.all("machine-released")[0]?.reason ?? "", /rack/);
	story.declare([{ name: "other", role: "worker", count: 1, selector: { labels: { rack: "r2" } } }]);
	t.deepEqual(story.seating(), { "other/0": b });
});

test("a machine gets the seat again that it held before", (t) => {
	const story = new Story();
	const two = [{ name: "w", role: "worker", count: 3 }];
	story.declare(two);
	for (const name of ["a", "b", "c"]) story.join({ name });
	const before = names(story);
	story.declare([{ name: "none", role: "worker", count: 0 }]);
	t.deepEqual(names(story), {});
	story.declare(two);
	t.deepEqual(names(story), before);
});

test("a seat that becomes free does not move the others", (t) => {
	const story = new Story();
	story.declare([worker]);
	const ids = ["a", "b", "c"].map((name) => story.join({ name }));
	story.take({ kind: "remove", machineId: ids[0] as never, by: "test" });
	t.is(story.machine(ids[1] as never).seat?.seat, 1);
	story.join({ name: "d", macs: [macOf("d")] });
	t.deepEqual(Object.keys(story.seating()), ["w/0", "w/1", "w/2"]);
});
