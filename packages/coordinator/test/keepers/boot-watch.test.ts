import { BootDocument, type BootId, type Event, type Mac, type MachineId } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import test, { type ExecutionContext } from "ava";
import { admit } from "../../src/domain/admit.ts";
import { EMPTY_FLEET, type Fleet } from "../../src/domain/fleet.ts";
import type { Input } from "../../src/domain/inputs.ts";
import { record } from "../../src/domain/record.ts";
import { watchBoots } from "../../src/keepers/boot-watch.ts";
import { keyOf } from "../domain/hardware.ts";
import { example, labFacts } from "../render/fleet-of.ts";

const MAC = "52:54:00:00:00:01" as Mac;
const THIRD = "52:54:00:00:00:03" as Mac;
const BOOT = "00000000-0000-4000-8000-00000000000a" as BootId;
const REMOTE = "192.0.2.7";
const document = BootDocument.parse({
	apiVersion: "rollcall/v1",
	kind: "Boot",
	profiles: [{ name: "ram", kernel: "/assets/k", args: ["u={{ignition}}"], ignition: {} }],
});

/** A watch over the real domain, with a log that is only memory and a clock that is moved by hand. */
function watched(t: ExecutionContext, leads = true) {
	let fleet: Fleet = EMPTY_FLEET;
	const log: Event[] = [];
	const listeners: ((event: Event) => void)[] = [];
	const world = { at: 1_000_000, leads, askedWhoLeads: 0, refused: [] as string[], log };
	const append = (drafts: Parameters<typeof record>[1]): void => {
		const recorded = record(fleet, drafts, world.at);
		if (recorded.refused[0]) throw new Error(recorded.refused[0].reason);
		fleet = recorded.fleet;
		log.push(...recorded.events);
		for (const event of recorded.events) for (const listener of listeners) listener(event);
	};
	const boots = watchBoots({
		core: {
			fleet: () => fleet,
			leadership: () => {
				world.askedWhoLeads += 1;
				return { leads: world.leads, url: undefined };
			},
			ready: () => ({ ready: true, reason: "" }),
			events: async (after, limit) => log.filter(({ seq }) => seq > after).slice(0, limit),
			subscribe: (listener) => {
				listeners.push(listener);
				return () => undefined;
			},
			submit: async (input: Input) => {
				const { events, answer } = admit(fleet, input, world.at);
				append(events);
				return answer;
			},
		},
		clock: { now: () => world.at },
		log: { debug: () => undefined },
		onRefused: (stage) => world.refused.push(stage),
	});
	t.teardown(() => boots.close());
	return { ...boots, world, append, events: (type: Event["type"]) => log.filter((event) => event.type === type) };
}

test("what is refused is recorded and counted; a machine that no group takes is only listed", async (t) => {
	const { see, events, world, list } = watched(t);
	see({ stage: "ipxe", outcome: "refused", reason: "no group takes it", mac: MAC, remote: REMOTE }, document);
	see({ stage: "ignition", outcome: "refused", reason: "used before", mac: MAC, remote: REMOTE }, document);
	await eventually("the refusal", () => events("boot-refused").length === 1);
	t.like(events("boot-refused")[0], { stage: "ignition", mac: MAC, remote: REMOTE, reason: "used before" });
	t.deepEqual(world.refused, ["ipxe", "ignition"]);
	t.like(list({ limit: 10 }).boots[0], { state: "stuck", mac: MAC });
});

test("a boot that is stuck is recorded once for each stage, by the coordinator that leads", async (t) => {
	const { see, events, world } = watched(t, false);
	see({ stage: "ipxe", outcome: "served", mac: MAC, remote: REMOTE, profile: "ram" }, document);
	world.at += 120_000;
	await eventually("a look", () => world.askedWhoLeads > 0);
	t.deepEqual(events("boot-stuck"), []);
	world.leads = true;
	await eventually("the first", () => events("boot-stuck").length === 1);
	t.like(events("boot-stuck")[0], { mac: MAC, reached: "ipxe", waitingFor: "kernel", waitedMs: 120_000 });
	see({ stage: "kernel", outcome: "served", remote: REMOTE, asset: "k" }, document);
	world.at += 300_000;
	await eventually("the second", () => events("boot-stuck").length === 2);
	t.like(events("boot-stuck")[1], { reached: "kernel", waitingFor: "ignition" });
});

test("a machine that came up from here is recorded once, one that booted elsewhere is not", async (t) => {
	const { see, append, events, ofMachine } = watched(t);
	const up = (machineId: string, bootId: BootId, mac: Mac, seat: number) => {
		const facts = labFacts(1, { bootId, nics: [{ name: "eth0", mac, up: true, addresses: [] }] });
		const target = { machineId, bootId, generation: 1 };
		const digest = `sha256:${"0".repeat(64)}`;
		append([
			{
				type: "machine-enrolled",
				machineId,
				bootId,
				publicKey: keyOf({ name: machineId }),
				facts,
				identity: "proof",
				labels: {},
			},
			{ type: "machine-approved", machineId, by: "t" },
			{
				type: "machine-assigned",
				machineId,
				slot: "workers",
				seat,
				role: "worker",
				nodeName: `n-${seat}`,
				pinned: false,
				reason: "r",
			},
			{ ...target, type: "target-issued", digest, role: "worker", deadlineAt: 9e12 },
			{ ...target, type: "target-progress", progress: { state: "applied" } },
		] as never);
	};
	const declared = {
		type: "cluster-declared",
		document: example("three-nodes"),
		digest: `sha256:${"0".repeat(64)}`,
		by: "t",
	};
	append([declared as never]);
	see({ stage: "ipxe", outcome: "served", mac: MAC, remote: REMOTE, profile: "ram" }, document);
	up("m-1", BOOT, MAC, 0);
	up("m-2", "00000000-0000-4000-8000-00000000000b" as BootId, "52:54:00:00:00:02" as Mac, 1);
	await eventually("the event", () => events("machine-booted").length > 0);
	t.like(ofMachine("m-2" as MachineId), { state: "done" });
	// The look that finds this one has looked at the first again.
	see({ stage: "ipxe", outcome: "served", mac: THIRD, remote: REMOTE, profile: "ram" }, document);
	up("m-3", "00000000-0000-4000-8000-00000000000c" as BootId, THIRD, 2);
	await eventually("the third", () => events("machine-booted").length > 1);
	t.deepEqual(
		events("machine-booted").map((event) => "machineId" in event && event.machineId),
		["m-1", "m-3"],
	);
});
