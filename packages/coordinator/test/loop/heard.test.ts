import { type BootId, healthDigest, type MachineId } from "@rollcall/protocol";
import test from "ava";
import type { Fleet, Machine } from "../../src/domain/fleet.ts";
import { Heard } from "../../src/loop/heard.ts";

const machineId = "m-1" as MachineId;
const bootId = "boot-1" as BootId;
const health = healthDigest([]);

/** A fleet of one machine whose newest target stands so. */
function fleetWith(target: Partial<Machine["target"]> | undefined): Fleet {
	const machine = { machineId, bootId, fenced: [], health: [], target } as unknown as Machine;
	return { machines: new Map([[machineId, machine]]) } as unknown as Fleet;
}

const beat = (generation: number) => ({ machineId, bootId, generation, health });

test("a machine that runs its target and whose report is known is left alone", (t) => {
	t.is(new Heard().beat(fleetWith({ generation: 3, progress: "applied" }), beat(3), 0), "renewed");
});

test("a machine that runs another generation is asked to say hello, not more often than every 5 s", (t) => {
	const heard = new Heard();
	const fleet = fleetWith({ generation: 4, progress: "issued" });
	t.is(heard.beat(fleet, beat(3), 0), "nudge");
	t.is(heard.beat(fleet, beat(3), 4_999), "renewed");
	t.is(heard.beat(fleet, beat(3), 5_000), "nudge");
});

for (const progress of ["issued", "applying", "rejected"] as const)
	test(`a machine that runs its target is asked for its report while the log says ${progress}`, (t) => {
		t.is(new Heard().beat(fleetWith({ generation: 3, progress }), beat(3), 0), "unreported");
	});

test("a machine whose health is not known as it is is asked for its report", (t) => {
	const other = { ...beat(3), health: healthDigest([{ component: "kubelet", healthy: true }]) };
	t.is(new Heard().beat(fleetWith({ generation: 3, progress: "applied" }), other, 0), "unreported");
});

test("while the log is in doubt a machine of which it does not tell what lies there is asked to say hello, until it did", (t) => {
	const heard = new Heard();
	const known = fleetWith({ generation: 3, progress: "applied" });
	const fleet = {
		...known,
		log: { checkedTo: 9, doubt: { seq: 7, at: 0, kinds: ["unreadable"], reason: "" } },
	} as Fleet;
	t.is(heard.beat(fleet, beat(3), 0), "nudge");
	heard.took([{ input: { kind: "hello", machineId } as never }], [{ kind: "fenced" } as never], 1);
	t.is(heard.beat(fleet, beat(3), 5_000), "nudge", "a hello that is refused counts for nothing");
	heard.took([{ input: { kind: "hello", machineId } as never }], [{ kind: "wait", reason: "" }], 5_001);
	t.is(heard.beat(fleet, beat(3), 10_000), "renewed");
	heard.restart(10_001);
	t.is(heard.beat(fleet, beat(3), 15_000), "nudge", "another lead may be behind another log");
	t.is(heard.beat(known, beat(3), 20_000), "renewed", "the log is not in doubt any more");
});
