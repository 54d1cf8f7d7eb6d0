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
