import test from "ava";
import { bootIdOf, macOf, uuidOf } from "./hardware.ts";
import { codeOf, Story } from "./story.ts";

const JUNK = "03000200-0400-0500-0006-000700080009";

test("a plausible UUID that nobody else reports is the id, in lower case", (t) => {
	const story = new Story();
	t.is(story.join({ name: "a", uuid: uuidOf("a").toUpperCase() }), uuidOf("a") as never);
	t.is(story.machine(uuidOf("a") as never).identity, "smbios-uuid");
});

for (const uuid of [
	JUNK,
	"00000000-0000-0000-0000-000000000000",
	"FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
	"12345678-1234-5678-90ab-cddeefaabbcc",
	"00020003-0004-0005-0006-000700080009",
	"03020100-0504-0706-0809-0A0B0C0D0E0F",
	"none",
	"",
]) {
	test(`the UUID ${JSON.stringify(uuid)} names nobody: NICs and serial do`, (t) => {
		const story = new Story();
		const [a, b] = [story.join({ name: "a", uuid }), story.join({ name: "b", uuid })];
		t.regex(a, /^m-[0-9a-f]{24}$/);
		t.not(a, b);
		t.is(story.join({ name: "a", uuid, boot: 2 }), a);
		t.is(story.all("identity-conflict").length, 0);
	});
}

for (const order of [
	["a", "b"],
	["b", "a"],
] as const) {
	test(`two boxes with one UUID stay two machines over reboots, ${order[0]} first`, (t) => {
		const story = new Story();
		const box = (name: string, boot: number) => ({ name, uuid: uuidOf("both"), serial: `SN-${name}`, boot });
		const [first, second] = [story.join(box(order[0], 1)), story.join(box(order[1], 1))];
		t.is(first, uuidOf("both") as never);
		t.regex(second, /^m-/);
		t.deepEqual(
			story.all("identity-conflict").map(({ machineId, other }) => [machineId, other]),
			[[second, first]],
		);
		t.is(story.join(box(order[1], 2)), second);
		t.is(story.join(box(order[0], 2)), first);
		t.is(story.all("identity-conflict").length, 1);
	});
}

test("other NICs with the same UUID and serial are the same machine once it is lost, when a person says so, and not before", (t) => {
	const story = new Story();
	const box = { name: "a", serial: "SN-1" };
	const id = story.join(box);
	const swapped = { ...box, macs: [macOf("new")] };
	t.not(story.join({ ...swapped, macs: [macOf("other")], boot: 2 }), id);
	story.silent.add(id);
	story.pass(12);
	const box3 = { ...swapped, boot: 3 };
	t.is(codeOf(story.enroll(box3)), "boot-waits");
	story.take({ kind: "approve", machineId: id, by: "test" });
	t.is(story.join(box3), id);
});

test("one NIC more makes no other machine of it; one that is missing wants a person", (t) => {
	const story = new Story();
	const id = story.join({ name: "a", uuid: JUNK, macs: [macOf("1"), macOf("2")] });
	t.is(story.join({ name: "a", uuid: JUNK, macs: [macOf("1"), macOf("2"), macOf("3")], boot: 2 }), id);
	const missing = { name: "a", uuid: JUNK, macs: [macOf("2"), macOf("3")], boot: 3 };
	t.is(codeOf(story.enroll(missing)), "boot-waits");
	story.take({ kind: "approve", machineId: id, bootId: bootIdOf(missing), by: "test" });
	t.is(story.join(missing), id);
});

test("a NIC that moves to another box does not take its identity along", (t) => {
	const story = new Story();
	const a = story.join({ name: "a", macs: [macOf("dongle")] });
	const b = story.join({ name: "b", macs: [macOf("dongle")] });
	t.not(a, b);
	t.is(story.all("identity-conflict").length, 1);
	t.is(story.join({ name: "a", macs: [macOf("dongle")], boot: 2 }), a);
	t.is(story.join({ name: "b", macs: [macOf("dongle")], boot: 2 }), b);
});

test("a machine that nothing tells from others is refused, with what to do", (t) => {
	const answer = new Story().enroll({ name: "a", uuid: JUNK, macs: [] });
	t.is(answer.kind, "problem");
	if (answer.kind !== "problem") return;
	t.regex(answer.problem.message, /"a" cannot be told from others/);
	t.truthy(answer.problem.next);
});
