import test from "ava";
import { waitReason } from "../../src/domain/views/wait-reason.ts";
import { bootIdOf, macOf, uuidOf } from "./hardware.ts";
import { codeOf, Story } from "./story.ts";

const SLOTS = [
	{ name: "cp", role: "control-plane", count: 1, grade: undefined },
	{ name: "w", role: "worker", count: "rest" },
];
const seen = (name: string) => ({ observedMac: macOf(name) });
const idOf = (name: string) => uuidOf(name) as never;

test("a stranger whom a rule on facts lets in gets no seat of a control plane, whatever it claims and however it is seen", (t) => {
	const story = new Story();
	story.declare(SLOTS);
	story.enroll({ name: "a", memoryGiB: 64, rehearsal: false });
	story.enroll({ name: "b", memoryGiB: 64, rehearsal: false }, seen("b"));
	t.deepEqual(
		["a", "b"].map((name) => story.machine(idOf(name)).seat?.role),
		["worker", "worker"],
	);
	t.deepEqual(
		["a", "b"].map((name) => story.machine(idOf(name)).grade),
		["claimed", "observed"],
	);
});

test("a declared machine gets its seat of a control plane when the link says that it is it, and not by its word", (t) => {
	for (const [how, role] of [
		[seen("a"), "control-plane"],
		[seen("b"), undefined],
		[{}, undefined],
	] as const) {
		const story = new Story();
		story.declare(SLOTS.slice(0, 1), { machines: [{ mac: macOf("a") }], approval: {} });
		story.enroll({ name: "a" }, how);
		t.is(story.machine(idOf("a")).seat?.role, role);
		if (role === undefined)
			t.regex(waitReason(story.fleet, story.machine(idOf("a")), story.at).reason, /wants a machine that is observed/);
	}
});

test("a boot whose relay was away gets its seat when it shows itself again and is seen, and not when somebody else's NIC is", (t) => {
	const story = new Story();
	story.declare(SLOTS.slice(0, 1), { machines: [{ mac: macOf("a") }], approval: {} });
	story.enroll({ name: "a" }, { unobserved: "relay far is away" });
	for (const how of [{}, seen("b"), { unobserved: "relay far is away" }]) {
		t.is(codeOf(story.enroll({ name: "a" }, { ...how, token: null })), "enrolled");
		t.is(story.machine(idOf("a")).seat, undefined);
		t.is(story.machine(idOf("a")).unobserved, "relay far is away");
	}
	for (const _ of [1, 2]) story.enroll({ name: "a" }, { ...seen("a"), token: null });
	t.like(story.machine(idOf("a")), { grade: "observed", unobserved: undefined, seat: { role: "control-plane" } });
	t.is(story.all("boot-observed").length, 1);
	t.is(story.all("machine-enrolled").length, 1);
});

test("a boot that showed itself where nobody looks stays what it was, and so does one whose token was made for another NIC", (t) => {
	const story = new Story();
	story.declare(SLOTS.slice(0, 1));
	story.enroll({ name: "a" });
	story.enroll({ name: "a" }, { ...seen("a"), token: null });
	t.is(story.machine(idOf("a")).grade, "claimed");
	const mac = macOf("other");
	const token = story.token({ mac: mac as never });
	const two = { name: "b", macs: [macOf("b"), mac] };
	story.enroll(two, { token, unobserved: "relay far is away" });
	story.enroll(two, { ...seen("b"), token: null });
	t.is(story.machine(idOf("b")).grade, "claimed");
});

test("a machine that is declared by its UUID alone wants a person, since everybody can say a UUID", (t) => {
	const story = new Story();
	story.declare(SLOTS.slice(0, 1), { machines: [{ uuid: uuidOf("a") }], approval: {} });
	story.enroll({ name: "a" }, seen("a"));
	t.is(story.machine(idOf("a")).seat, undefined);
	story.take({ kind: "approve", machineId: idOf("a"), by: "test" });
	t.is(story.machine(idOf("a")).seat?.role, "control-plane");
});

test("a person may let in a boot that only claims, and the next boot asks again", (t) => {
	const story = new Story();
	story.declare(SLOTS.slice(0, 1));
	story.enroll({ name: "a" });
	story.take({ kind: "approve", machineId: idOf("a"), by: "test" });
	t.is(story.machine(idOf("a")).seat?.role, "control-plane");
	story.silent.add(idOf("a"));
	story.pass(12);
	t.is(codeOf(story.enroll({ name: "a", boot: 2 })), "boot-waits");
	t.is(codeOf(story.enroll({ name: "a", boot: 2 }, seen("a"))), "enrolled");
});

test("no approval makes attested what is not", (t) => {
	const story = new Story();
	story.declare([{ name: "w", role: "worker", count: 1, grade: "attested" }]);
	story.enroll({ name: "a" }, seen("a"));
	story.take({ kind: "approve", machineId: idOf("a"), by: "test" });
	t.is(story.machine(idOf("a")).seat, undefined);
});

test("a slot may want a person for each boot", (t) => {
	const story = new Story();
	story.declare([{ name: "w", role: "worker", count: 1, approval: "each-boot" }]);
	story.enroll({ name: "a" }, seen("a"));
	t.is(story.machine(idOf("a")).seat, undefined);
	story.take({ kind: "approve", machineId: idOf("a"), by: "test" });
	t.truthy(story.machine(idOf("a")).seat);
	story.silent.add(idOf("a"));
	story.pass(12);
	t.is(codeOf(story.enroll({ name: "a", boot: 2 }, seen("a"))), "boot-waits");
	story.take({ kind: "approve", machineId: idOf("a"), bootId: bootIdOf({ name: "a", boot: 2 }), by: "test" });
	t.is(codeOf(story.enroll({ name: "a", boot: 2 }, seen("a"))), "enrolled");
	t.truthy(story.machine(idOf("a")).seat);
});

const LARGE = [
	{ name: "cp", role: "control-plane", count: 1, grade: undefined, selector: { minMemory: 32 * 2 ** 30 } },
	{ name: "w", role: "worker", count: "rest" },
];

/** A machine with 8 GiB that the link shows and a person approved. */
function approvedSmall(slots: typeof LARGE): { readonly story: Story; readonly id: ReturnType<typeof idOf> } {
	const story = new Story();
	story.declare(slots);
	const id = idOf("a");
	story.enroll({ name: "a", memoryGiB: 8, rehearsal: false }, seen("a"));
	story.take({ kind: "approve", machineId: id, by: "test" });
	return { story, id };
}

test("a machine that a person approved gets no seat by hardware that it claims later, in its boot or in the next one", (t) => {
	const { story, id } = approvedSmall(LARGE);
	story.hello(id, { name: "a", memoryGiB: 64, rehearsal: false });
	t.is(story.machine(id).seat?.role, "worker");
	story.silent.add(id);
	story.pass(12);
	const larger = { name: "a", memoryGiB: 64, boot: 2, rehearsal: false };
	t.is(codeOf(story.enroll(larger, seen("a"))), "enrolled");
	story.hello(id, larger);
	t.not(story.machine(id).seat?.role, "control-plane");
});

test("a machine without a seat gets none by hardware that its hello claims, until a person looks again at this very boot", (t) => {
	const { story, id } = approvedSmall(LARGE.slice(0, 1));
	story.hello(id, { name: "a", memoryGiB: 64, rehearsal: false });
	t.is(story.machine(id).seat, undefined);
	story.take({ kind: "approve", machineId: id, by: "test" });
	t.is(story.machine(id).seat?.role, "control-plane");
});

test("what was approved is asked for again where the hardware is more, and a person's second look opens the slot", (t) => {
	const { story, id } = approvedSmall(LARGE.slice(0, 1));
	story.silent.add(id);
	story.pass(12);
	story.enroll({ name: "a", memoryGiB: 64, boot: 2, rehearsal: false }, seen("a"));
	t.is(story.machine(id).seat, undefined);
	t.regex(
		waitReason(story.fleet, story.machine(id), story.at).reason,
		/wants its approval anew.*65536 MiB of memory, and had 8192/,
	);
	story.take({ kind: "approve", machineId: id, by: "test" });
	t.is(story.machine(id).seat?.role, "control-plane");
});
