import type { BootId, MachineId } from "@rollcall/protocol";
import test from "ava";
import { HeardClocks } from "../../src/loop/heard-clocks.ts";

const machineId = "m-1" as MachineId;
const bootId = "0b0a7e1c-1111-4222-8333-444455556666" as BootId;
const other = "0b0a7e1c-2222-4222-8333-444455556666" as BootId;
const WALL = 1_780_000_000_000;

test("words that waited on their way do not make a clock late, and a clock that is set back is seen after a few words", (t) => {
	const clocks = new HeardClocks();
	const lead = () => clocks.readings.get(machineId)?.lead;
	clocks.hear({ machineId, bootId, wall: WALL }, 1_000);
	clocks.hear({ machineId, bootId, wall: WALL + 2_000 }, 11_000);
	t.is(lead(), WALL - 1_000);
	for (const seconds of [4, 6, 8]) clocks.hear({ machineId, bootId, wall: WALL - 60_000 }, seconds * 1_000);
	t.is(lead(), WALL - 64_000);
});

test("another boot's words are compared with its own alone, old agents say nothing, and who is forgotten is forgotten here", (t) => {
	const clocks = new HeardClocks();
	clocks.hear({ machineId, bootId, wall: WALL }, 0);
	clocks.hear({ machineId, bootId: other }, 0);
	t.is(clocks.readings.get(machineId)?.bootId, bootId);
	clocks.hear({ machineId, bootId: other, wall: 5 }, 0);
	t.deepEqual(clocks.readings.get(machineId), { bootId: other, lead: 5 });
	clocks.prune(() => false);
	t.is(clocks.readings.size, 0);
});
