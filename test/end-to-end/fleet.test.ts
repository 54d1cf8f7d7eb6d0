import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { digestOf, Target } from "@rollcall/protocol";
import test from "ava";
import { startCoordinator } from "../support/coordinator.ts";
import { allReady, startMachine } from "../support/machine.ts";

test("a fresh fleet of five becomes ready, and every file is where the target says, with its mode and the digest that is shown", async (t) => {
	const coordinator = await startCoordinator(t);
	const machines = await Promise.all(
		[1, 2, 3, 4, 5].map((index) => startMachine(t, coordinator, { name: `fleet-${index}` })),
	);
	const views = await allReady(coordinator, 5, 90_000);

	t.is(views.filter((view) => view.role === "control-plane").length, 1);
	t.is(views.filter((view) => view.role === "worker").length, 4);
	t.is(new Set(views.map((view) => view.nodeName)).size, 5);
	t.true(
		views.every(
			(view) => view.rehearsal && view.health.length > 0 && view.health.every((component) => component.healthy),
		),
	);

	const bootIds = new Map(
		machines.map((machine) => [
			readFileSync(join(machine.root, "proc/sys/kernel/random/boot_id"), "utf8").trim(),
			machine,
		]),
	);
	for (const view of views) {
		const machine = bootIds.get(view.bootId);
		if (!machine) return t.fail(`no machine has the boot id of ${view.machineId}`);
		const kept = JSON.parse(readFileSync(join(machine.root, "run/rollcall/state/good.json"), "utf8")) as {
			target: unknown;
		};
		const target = Target.parse(kept.target);
		t.is<string | undefined, string | undefined>(target.digest, view.digest);
		t.is<string | undefined, string | undefined>(digestOf(target.content), view.digest);
		t.true(target.content.files.length >= 4);
		for (const file of target.content.files) {
			const path = join(machine.root, file.path);
			t.deepEqual(
				readFileSync(path),
				Buffer.from(file.content, file.encoding === "base64" ? "base64" : "utf8"),
				file.path,
			);
			t.is(statSync(path).mode & 0o7777, Number.parseInt(file.mode, 8), file.path);
		}
	}
});
