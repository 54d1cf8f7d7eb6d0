import type { LeaseState, MachineId } from "@rollcall/protocol";
import test from "ava";
import { EMPTY_FLEET, type Fleet, type Machine } from "../../src/domain/fleet.ts";
import { LOST_AFTER_MS, SUSPECT_AFTER_MS } from "../../src/domain/observed.ts";
import { LeaseLook } from "../../src/loop/lease-look.ts";

/** What the clock for lengths shows. */
const now = { is: 100_000 };

/** A fleet of machines with these leases, each heard so many milliseconds ago at the time 100,000. */
function fleetOf(...machines: readonly [LeaseState, number][]) {
	const ids = machines.map((_, index) => `m-${index}` as MachineId);
	const known = ids.reduce(
		(all, machineId, index) =>
			all.set(machineId, { machineId, lease: machines[index]?.[0], enrolledAt: 0, fenced: [] } as unknown as Machine),
		EMPTY_FLEET.machines,
	);
	const fleet: Fleet = { ...EMPTY_FLEET, machines: known };
	const lastHeard = new Map(ids.map((machineId, index) => [machineId, 100_000 - (machines[index]?.[1] ?? 0)]));
	const at = (ms: number) => ({ at: 100_000 + ms, monotonic: 100_000 + ms, listeningSince: 0, lastHeard });
	return { fleet, at };
}

test("a machine is looked at in the moment in which it has been silent for too long", (t) => {
	for (const [lease, limit] of [
		["alive", SUSPECT_AFTER_MS],
		["suspect", LOST_AFTER_MS],
	] as const) {
		const look = new LeaseLook({ monotonic: () => now.is });
		const { fleet, at } = fleetOf(["alive", 500], [lease, limit - 130]);
		t.false(look.move(fleet, at(0), true));
		t.is(look.waitMs(), 130);
		t.false(look.move(fleet, at(129), true));
		t.true(look.move(fleet, at(130), true));
	}
});

test("where nobody is about to change, a fleet is looked at four times a second, and who is heard again is alive by then", (t) => {
	const look = new LeaseLook({ monotonic: () => now.is });
	const { fleet, at } = fleetOf(["alive", 0], ["lost", 20_000]);
	t.false(look.move(fleet, at(0), true));
	t.is(look.waitMs(), 250);
	const heard = at(10);
	heard.lastHeard.set("m-1" as MachineId, 100_010);
	t.false(look.move(fleet, heard, true));
	t.true(look.move(fleet, { ...heard, monotonic: 100_250, at: 100_250 }, true));
});

test("a change that is not recorded is no reason to look without end, and while the bus is away nobody is silent", (t) => {
	const look = new LeaseLook({ monotonic: () => now.is });
	const { fleet, at } = fleetOf(["alive", 60_000]);
	t.false(look.move(fleet, at(0), false));
	t.is(look.waitMs(), 250);
	t.true(look.move(fleet, at(250), true));
	t.false(look.move(fleet, at(251), true));
	now.is = 100_251;
	t.true(look.waitMs() > 10);
	now.is = 100_000;
});
