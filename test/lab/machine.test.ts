import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "@rollcall/test-support/eventually";
import { ownFolder } from "@rollcall/test-support/own-folder";
import { processesWith } from "@rollcall/test-support/process-table";
import test, { type ExecutionContext } from "ava";
import type { Emulator } from "./emulator.ts";
import { LabMachine } from "./machine.ts";

/** A machine whose QEMU is a script with a folder of its own, which it knows as `$FOLDER`. */
function machineOf(t: ExecutionContext, script: string): { machine: LabMachine; folder: string } {
	const folder = ownFolder(t);
	const program = join(folder, "qemu");
	writeFileSync(program, `#!/bin/bash\n${script}\n`, { mode: 0o755 });
	const emulator: Emulator = { program, args: [], environment: { FOLDER: folder }, acceleration: "tcg" };
	const machine = new LabMachine({ name: "lab-1", folder, emulator, nic: () => [], memoryMiB: 1, processors: 1 });
	t.teardown(() => machine.cutPower());
	return { machine, folder };
}

const startsIn = (folder: string): number =>
	[...readFileSync(join(folder, "starts"), { encoding: "utf8", flag: "a+" })].length;

test("a machine that was reset has another QEMU, until its power is cut, which leaves no process", async (t) => {
	const { machine, folder } = machineOf(
		t,
		`echo -n x >> $FOLDER/starts; [ $(wc -c < $FOLDER/starts) -ge 3 ] || exit 0; exec sleep 1000`,
	);
	machine.powerOn();
	await eventually("two resets", () => startsIn(folder) === 3);
	t.true(machine.hasPower);
	t.true(processesWith(folder).length > 0);
	await machine.cutPower();
	t.false(machine.hasPower);
	t.deepEqual(processesWith(folder), []);
	t.is(startsIn(folder), 3);
});

test("a machine whose QEMU fails has no power any more, and its last words are kept", async (t) => {
	const { machine, folder } = machineOf(t, `echo -n x >> $FOLDER/starts; echo "no such device" >&2; exit 1`);
	machine.powerOn();
	await eventually("it to have no power", () => !machine.hasPower);
	t.is(machine.complaint, "no such device");
	t.is(startsIn(folder), 1);
});
