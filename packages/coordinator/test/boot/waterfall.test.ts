import {
	BootDocument,
	type BootId,
	type BootStage,
	type Mac,
	type MachineId,
	type Timestamp,
} from "@rollcall/protocol";
import test from "ava";
import { stuckEvent } from "../../src/boot/waterfall/boot-events.ts";
import { type BootFilter, bootView, bootViews, stageDurations } from "../../src/boot/waterfall/boot-view.ts";
import { Boots } from "../../src/boot/waterfall/boots.ts";
import { EMPTY_FLEET, type Fleet } from "../../src/domain/fleet.ts";
import { record } from "../../src/domain/record.ts";
import { example, labFacts } from "../render/fleet-of.ts";

const MAC = "52:54:00:00:00:01" as Mac;
const OTHER = "52:54:00:00:00:02" as Mac;
const REMOTE = "192.0.2.7";
const document = BootDocument.parse({
	apiVersion: "rollcall/v1",
	kind: "Boot",
	profiles: [
		{
			name: "ram",
			kernel: "/assets/k",
			initrd: ["/assets/i"],
			args: ["ignition.config.url={{ignition}}"],
			ignition: {},
		},
		{ name: "plain", kernel: "http://192.0.2.9/k", args: ["x={{ignition}}"], ignition: {}, agent: false },
	],
});

/** What is seen of machines, with a fleet whose log grows beside it. */
function beginning() {
	const boots = new Boots();
	let fleet: Fleet = EMPTY_FLEET;
	return {
		boots,
		fleet: () => fleet,
		see(stage: BootStage, at: Timestamp, more: { mac?: Mac; remote?: string; reason?: string; profile?: string } = {}) {
			const { reason, remote = REMOTE, mac, profile } = more;
			const named = mac === undefined ? {} : { mac };
			const outcome = reason === undefined ? { outcome: "served" as const } : { outcome: "refused" as const, reason };
			boots.see({ stage, remote, ...named, ...outcome, ...(profile ? { profile } : {}) }, document, at);
		},
		log(at: Timestamp, ...drafts: Parameters<typeof record>[1]) {
			const recorded = record(fleet, drafts, at);
			fleet = recorded.fleet;
			for (const event of recorded.events) boots.hear(event, fleet);
		},
		views: (at: Timestamp) => boots.all().map((boot) => bootView(boot, fleet, at)),
	};
}

const enrolled = (bootId: BootId, mac: Mac) =>
	({
		type: "machine-enrolled",
		machineId: "m-1" as MachineId,
		bootId,
		publicKey: `U${"A".repeat(55)}`,
		facts: labFacts(1, { bootId, nics: [{ name: "eth0", mac, up: true, addresses: [] }] }),
		identity: "nic-and-serial",
		labels: {},
	}) as never;
const DIGEST = `sha256:${"0".repeat(64)}`;
const DECLARED = { type: "cluster-declared", document: example("three-nodes"), digest: DIGEST, by: "test" } as never;
const BOOT = "00000000-0000-4000-8000-00000000000a" as BootId;
const NEXT = "00000000-0000-4000-8000-00000000000b" as BootId;

function bootToEnrolled(world: ReturnType<typeof beginning>, start: Timestamp, bootId: BootId): void {
	world.see("dhcp", start);
	world.see("ipxe", start + 1_000, { mac: MAC, profile: "ram" });
	world.see("kernel", start + 2_000);
	world.see("initrd", start + 5_000);
	world.see("ignition", start + 9_000, { mac: MAC, profile: "ram" });
	world.see("agent", start + 10_000);
	world.log(start + 15_000, enrolled(bootId, MAC));
}

test("a boot is shown stage by stage, from DHCP to ready, with how long each took", (t) => {
	const world = beginning();
	bootToEnrolled(world, 1_000_000, BOOT);
	const seat = { machineId: "m-1", slot: "s", seat: 0, role: "worker", nodeName: "n-1", pinned: false, reason: "r" };
	world.log(
		1_015_500,
		DECLARED,
		{ type: "machine-approved", machineId: "m-1", by: "test" } as never,
		{
			type: "machine-assigned",
			...seat,
		} as never,
	);
	const target = { machineId: "m-1", bootId: BOOT, generation: 1 };
	const issued = {
		...target,
		type: "target-issued",
		digest: DIGEST,
		role: "worker",
		deadlineAt: 9e12,
	};
	world.log(1_015_600, issued as never);
	world.log(1_018_000, { ...target, type: "target-progress", progress: { state: "applied" } } as never);
	const [view, ...others] = world.views(1_020_000);
	t.deepEqual(others, []);
	t.like(view, {
		state: "done",
		machineId: "m-1",
		bootId: BOOT,
		nodeName: "n-1",
		mac: MAC,
		profile: "ram",
		totalMs: 18_000,
	});
	t.deepEqual(
		view?.stages.map(({ stage, ms }) => [stage, ms]),
		[
			["dhcp", undefined],
			["ipxe", 1_000],
			["kernel", 1_000],
			["initrd", 3_000],
			["ignition", 4_000],
			["agent", 1_000],
			["enrolled", 5_000],
			["assigned", 500],
			["applied", 2_500],
			["ready", 0],
		],
	);
	t.is(view?.waitingFor, undefined);
	t.deepEqual(stageDurations(world.boots.all()).get("total"), [18_000]);
});

test("a machine that is stuck is named with the stage and its usual cause, once the deadline is over", (t) => {
	const world = beginning();
	world.see("ipxe", 0, { mac: MAC, profile: "ram" });
	world.see("kernel", 1_000);
	world.see("initrd", 2_000);
	const [early] = world.views(301_000);
	t.like(early, { state: "booting", waitingFor: "ignition" });
	t.is(early?.stages.find(({ stage }) => stage === "ignition")?.deadlineAt, new Date(302_000).toISOString());
	const [late] = world.views(302_000);
	t.like(late, { state: "stuck", waitingFor: "ignition" });
	t.regex(late?.cause ?? "", /driver for the NIC/);
	world.see("ignition", 400_000, { mac: MAC });
	t.like(world.views(400_000)[0], { state: "booting", waitingFor: "agent" });
});

test("a file that is missing is named as soon as the machine asked for it, until it gets it", (t) => {
	const world = beginning();
	const missed = { outcome: "missed", reason: "there is no asset i", next: "rollcall assets add i FILE" } as const;
	world.see("ipxe", 0, { mac: MAC, profile: "ram" });
	world.see("kernel", 1_000);
	world.boots.see({ ...missed, remote: REMOTE }, document, 2_000);
	world.boots.see({ ...missed, reason: "there is no asset x", remote: "192.0.2.99" }, document, 2_000);
	const cause = "it was refused: there is no asset i";
	t.like(world.views(2_001)[0], { state: "stuck", waitingFor: "initrd", cause, next: missed.next });
	const [boot] = world.boots.all();
	t.like(boot && stuckEvent(boot, world.fleet(), 2_001), { type: "boot-stuck", waitingFor: "initrd", reason: cause });
	world.see("initrd", 9_000);
	t.like(world.views(9_001)[0], { state: "booting", waitingFor: "ignition" });
});

test("what was refused is the cause, until it is granted", (t) => {
	const world = beginning();
	world.see("ipxe", 0, { mac: MAC, reason: "no group takes it" });
	t.like(world.views(1)[0], { state: "stuck", cause: "it was refused: no group takes it" });
	world.see("ipxe", 5_000, { mac: MAC, profile: "ram" });
	t.like(world.views(5_001)[0], { state: "booting", waitingFor: "kernel" });
	// A second use of a token that did its work is no matter of this boot.
	world.see("ignition", 6_000, { mac: MAC });
	world.see("ignition", 7_000, { mac: MAC, reason: "used before" });
	t.like(world.views(7_001)[0], { state: "booting", waitingFor: "agent" });
});

test("a token that nobody can place makes no boot", (t) => {
	const world = beginning();
	world.see("ignition", 0, { mac: MAC, reason: "not one of ours" });
	t.deepEqual(world.views(1), []);
});

test("a profile without the agent is done with its configuration, and a kernel of others is not waited for", (t) => {
	const world = beginning();
	world.see("ipxe", 0, { mac: MAC, profile: "plain" });
	t.like(world.views(1)[0], { waitingFor: "ignition" });
	world.see("ignition", 2_000, { mac: MAC, profile: "plain" });
	t.like(world.views(3_000)[0], { state: "done" });
});

test("a menu that nobody answers is held, not stuck", (t) => {
	const world = beginning();
	world.see("ipxe", 0, { mac: MAC });
	t.like(world.views(9e6)[0], { state: "held", cause: "its menu waits for somebody to choose" });
	world.see("ipxe", 30_000, { mac: MAC, profile: "ram" });
	const [chosen] = world.views(30_001);
	t.like(chosen, { state: "booting", waitingFor: "kernel" });
});

test("a machine that waits for approval is held, with what to do", (t) => {
	const world = beginning();
	bootToEnrolled(world, 0, BOOT);
	t.like(world.views(9e6)[0], { state: "held", waitingFor: "assigned" });
	t.regex(world.views(9e6)[0]?.next ?? "", /rollcall approve m-1/);
});

test("another boot takes the place of the one before, under way and enrolled", (t) => {
	const world = beginning();
	bootToEnrolled(world, 0, BOOT);
	world.see("ipxe", 500_000, { mac: MAC, profile: "ram" });
	t.is(world.boots.ofMachine("m-1" as MachineId, [MAC])?.bootId, undefined);
	world.log(520_000, enrolled(NEXT, MAC));
	t.is(world.boots.all().length, 1);
	t.is(world.boots.ofMachine("m-1" as MachineId, [MAC])?.bootId, NEXT);
});

test("downloads count for the machine at their address; behind one address for the one that waits longest", (t) => {
	const world = beginning();
	world.see("ipxe", 0, { mac: MAC, profile: "ram" });
	world.see("ipxe", 1_000, { mac: OTHER, profile: "ram" });
	world.see("kernel", 2_000);
	world.see("kernel", 3_000, { remote: "192.0.2.99" });
	const waits = () => world.views(9_000).map(({ mac, waitingFor }) => [mac, waitingFor]);
	t.deepEqual(waits(), [
		[MAC, "initrd"],
		[OTHER, "kernel"],
	]);
	world.see("kernel", 4_000);
	t.deepEqual(waits(), [
		[MAC, "initrd"],
		[OTHER, "initrd"],
	]);
});

test("machines that nobody knows are bounded, and those that enrolled stay", (t) => {
	const world = beginning();
	bootToEnrolled(world, 0, BOOT);
	for (let n = 0; n < 6_000; n++) {
		const mac =
			`52:54:01:00:${(n >> 8).toString(16).padStart(2, "0")}:${(n & 255).toString(16).padStart(2, "0")}` as Mac;
		world.see("ipxe", 10 + n, { mac, profile: "ram", remote: `198.51.${n >> 8}.${n & 255}` });
	}
	t.is(world.boots.all().length, 4096 + 1);
	t.is(world.boots.ofMachine("m-1" as MachineId, [MAC])?.bootId, BOOT);
});

test("after a restart the log tells how a machine booted", (t) => {
	const world = beginning();
	world.log(15_000, enrolled(BOOT, MAC));
	const stages = [
		{ stage: "ipxe", at: 1_000 },
		{ stage: "ready", at: 20_000 },
	];
	world.log(20_000, { type: "machine-booted", machineId: "m-1", bootId: BOOT, mac: MAC, stages } as never);
	t.like(world.views(21_000)[0], { state: "done", totalMs: 19_000 });
	t.true(world.boots.all()[0]?.recorded);
});

test("stuck boots are listed first, then the newest; what is left out is counted", (t) => {
	const world = beginning();
	const mac = (n: number) => `52:54:00:00:01:0${n}` as Mac;
	world.see("ipxe", 0, { mac: mac(1), reason: "no group takes it" });
	world.see("ipxe", 1_000, { mac: mac(2), profile: "ram" });
	world.see("ipxe", 2_000, { mac: mac(3), profile: "ram" });
	const list = (filter: Partial<BootFilter>) =>
		bootViews(world.boots.all(), { limit: 10, ...filter }, { fleet: world.fleet(), at: 3_000 });
	t.deepEqual(
		list({}).boots.map((boot) => [boot.mac, boot.state]),
		[
			[mac(1), "stuck"],
			[mac(3), "booting"],
			[mac(2), "booting"],
		],
	);
	t.like(list({ limit: 1 }), { more: 2 });
	t.is(list({ state: "booting", mac: mac(2) }).boots.length, 1);
	t.is(list({ state: "done" }).boots.length, 0);
});
