import test from "ava";
import { MAX_HELD } from "../../src/domain/fleet.ts";
import { machineView } from "../../src/domain/views/view.ts";
import { bootIdOf, type Hardware, keyOf, macOf, uuidOf } from "./hardware.ts";
import { codeOf, Story } from "./story.ts";

const WORKERS = [{ name: "w", role: "worker", count: "rest" }];

/** A fleet with one live machine that has a UUID, a serial number, a NIC and a seat. */
function oneMachine() {
	const story = new Story();
	story.declare(WORKERS);
	const box: Hardware = { name: "a", serial: "SN-1" };
	return { story, box, id: story.join(box) };
}

test("a new boot of a machine whose boot is alive waits, the live one keeps seat and target, and it is told", (t) => {
	const { story, box, id } = oneMachine();
	const before = story.machine(id);
	t.is(codeOf(story.enroll({ ...box, boot: 2 })), "boot-waits");
	const after = story.machine(id);
	t.deepEqual(
		[after.bootId, after.publicKey, after.target, after.seat, after.fenced],
		[before.bootId, before.publicKey, before.target, before.seat, []],
	);
	t.is(story.all("boot-held").length, 1);
	const view = machineView(story.fleet, after);
	t.deepEqual(
		view.held.map(({ bootId, needsPerson }) => [bootId, needsPerson]),
		[[bootIdOf({ ...box, boot: 2 }), false]],
	);
	t.regex(view.reason, /says that it is this machine and waits/);
	t.is(story.hello(id, box).kind, "target");
});

test("the token of a boot that waits stays good, and the boot comes in once the live one is lost", (t) => {
	const { story, box, id } = oneMachine();
	const token = story.token();
	t.is(codeOf(story.enroll({ ...box, boot: 2 }, { token })), "boot-waits");
	t.is(codeOf(story.enroll({ ...box, boot: 2 }, { token })), "boot-waits");
	t.is(story.all("boot-held").length, 1);
	story.silent.add(id);
	story.pass(12);
	t.is(codeOf(story.enroll({ ...box, boot: 2 }, { token })), "enrolled");
	t.deepEqual(story.machine(id).held, []);
	t.is(codeOf(story.enroll({ ...box, boot: 3 }, { token })), "token-used");
});

test("a boot that was told to reboot is followed by the next one at once", (t) => {
	const { story, box, id } = oneMachine();
	const command = {
		machineId: id,
		commandId: "c1",
		command: "reboot",
		deadlineAt: story.at + 60_000,
		by: "test",
	} as const;
	story.take({ kind: "command", ...command });
	t.is(codeOf(story.enroll({ ...box, boot: 2 })), "enrolled");
});

test("a person lets a boot in by its id, and no other one; afterwards it needs no token", (t) => {
	const { story, box, id } = oneMachine();
	const [wanted, other] = [
		{ ...box, boot: 2 },
		{ ...box, boot: 3 },
	];
	story.enroll(wanted);
	story.enroll(other);
	t.is(codeOf(story.take({ kind: "approve", machineId: id, by: "test" })), "conflict");
	t.is(codeOf(story.take({ kind: "approve", machineId: id, bootId: bootIdOf({ name: "x" }), by: "test" })), "conflict");
	story.take({ kind: "approve", machineId: id, bootId: bootIdOf(wanted), by: "test" });
	t.is(codeOf(story.enroll(other)), "boot-waits");
	t.is(codeOf(story.enroll(wanted, { token: null })), "enrolled");
	t.true(story.all("incarnation-fenced")[0]?.wasAlive);
});

for (const [what, change] of [
	["no UUID", { uuid: "" }],
	["a UUID that names nobody", { uuid: "03000200-0400-0500-0006-000700080009" }],
	["no serial number", { serial: undefined }],
	["another serial number", { serial: "SN-2" }],
	["a NIC less", { macs: [macOf("a2")] }],
] as const) {
	test(`a boot with ${what} is not the machine that is lost, until a person says so`, (t) => {
		const story = new Story();
		story.declare(WORKERS);
		const box: Hardware = { name: "a", uuid: uuidOf("a"), serial: "SN-1", macs: [macOf("a1"), macOf("a2")] };
		const id = story.join(box);
		story.silent.add(id);
		story.pass(12);
		const changed = { ...box, boot: 2, ...change } as Hardware;
		t.is(codeOf(story.enroll(changed)), "boot-waits");
		t.true(story.machine(id).held[0]?.needsPerson);
		story.take({ kind: "approve", machineId: id, by: "test" });
		t.is(codeOf(story.enroll(changed)), "enrolled");
		t.is(story.machine(id).bootId, bootIdOf(changed));
	});
}

test("a token for another MAC does not lead to a machine by a second NIC that the facts name", (t) => {
	const { story, box, id } = oneMachine();
	story.silent.add(id);
	story.pass(12);
	const token = story.token({ mac: macOf("evil") as never });
	const evil = { ...box, macs: [macOf("evil"), macOf("a")], boot: 2 };
	t.is(codeOf(story.enroll(evil, { token })), "boot-waits");
	t.regex(story.machine(id).held[0]?.reason ?? "", /token was made for the MAC/);
});

test("the same boot with another key waits as well", (t) => {
	const { story, id } = oneMachine();
	const token = story.token();
	const request = { publicKey: keyOf({ name: "thief" }), facts: story.machine(id).facts };
	const answer = story.take({ kind: "enroll", request, tokenHash: token, proofValid: false, remote: "192.0.2.66" });
	t.is(codeOf(answer), "boot-waits");
	t.is(story.machine(id).publicKey, keyOf({ name: "a" }));
});

test("facts of a hello change neither who a machine is, nor what it is declared as", (t) => {
	const story = new Story();
	story.declare(
		[
			{ name: "cp", role: "control-plane", count: 1, selector: { labels: { place: "door" } } },
			{ name: "w", role: "worker", count: "rest" },
		],
		{ machines: [{ mac: macOf("boss"), nodeName: "boss", labels: { place: "door" } }] },
	);
	const id = story.join({ name: "a" });
	const hello = story.hello(id, { name: "a", macs: [macOf("a"), macOf("boss")] });
	t.is(hello.kind, "target");
	t.deepEqual([story.machine(id).labels, story.machine(id).seat?.role], [{}, "worker"]);
	t.is(story.fleet.claims.get(`mac:${macOf("boss")}`), undefined);
});

test("a machine with a NIC of another one is let in by no rule and no declaration", (t) => {
	const story = new Story();
	story.declare(WORKERS, { machines: [{ mac: macOf("b2") }] });
	story.join({ name: "a" });
	const token = story.token({ mac: macOf("b2") as never });
	const answer = story.enroll({ name: "b", macs: [macOf("b2"), macOf("a")] }, { token });
	t.is(answer.kind, "enrolled");
	const id = story.fleet.claims.get(`mac:${macOf("b2")}`)?.[0];
	if (!id) return t.fail("not known");
	t.is(story.machine(id).approval, "waiting");
	t.regex(machineView(story.fleet, story.machine(id)).reason, /waits for a person: both report the MAC/);
	story.take({ kind: "approve", machineId: id, by: "test" });
	t.is(story.machine(id).approval, "approved");
});

test("whoever claims a machine again and again fills neither the log nor the list of boots that wait", (t) => {
	const { story, box, id } = oneMachine();
	for (let boot = 2; boot < 40; boot++) story.enroll({ ...box, boot });
	t.is(story.machine(id).held.length, MAX_HELD);
	t.is(story.all("boot-held").length, MAX_HELD);
	story.silent.add(id);
	story.pass(12);
	t.is(codeOf(story.enroll({ ...box, boot: 39 })), "enrolled");
});

test("what a boot lacks is told without a node's name in place of the machine's UUID", (t) => {
	const { story, box, id } = oneMachine();
	const nodeName = story.machine(id).seat?.nodeName ?? "";
	story.enroll({ ...box, uuid: "", boot: 2 });
	const { reason } = machineView(story.fleet, story.machine(id));
	t.regex(reason, /it names no SMBIOS UUID, and the machine has one/);
	t.false(reason.split("waits: ")[1]?.includes(nodeName), reason);
});

test("where a person allowed all boots that wait and none of them comes, another one can still be let in", (t) => {
	const { story, box, id } = oneMachine();
	for (let boot = 2; boot < 2 + MAX_HELD; boot++) {
		story.enroll({ ...box, boot });
		story.take({ kind: "approve", machineId: id, bootId: bootIdOf({ ...box, boot }), by: "test" });
	}
	const next = { ...box, boot: 9 };
	story.pass(120);
	t.is(codeOf(story.enroll(next)), "boot-waits");
	const held = story.machine(id).held.map(({ bootId }) => bootId);
	t.is(held.length, MAX_HELD);
	t.deepEqual([held.at(-1), held.includes(bootIdOf({ ...box, boot: 2 }))], [bootIdOf(next), false]);
	t.is(story.take({ kind: "approve", machineId: id, bootId: bootIdOf(next), by: "test" }).kind, "ok");
	t.is(codeOf(story.enroll(next)), "enrolled");
});
