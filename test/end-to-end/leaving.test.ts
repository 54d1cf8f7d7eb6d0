import { existsSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "@rollcall/test-support/eventually";
import test from "ava";
import { startCoordinator } from "../support/coordinator.ts";
import { declare, documentText, smallRole } from "../support/documents.ts";
import { eventsOf } from "../support/events.ts";
import { startMachine } from "../support/machine.ts";

test("a machine whose slot is gone has nothing left of what it was given, and is a spare", async (t) => {
	const roles = { small: smallRole("one"), other: smallRole("two") };
	const slots = [{ name: "small", role: "small", count: 1 }];
	const coordinator = await startCoordinator(t, { document: documentText({ slots, roles }) });
	const machine = await startMachine(t, coordinator, { name: "only" });
	const phase = async () => (await coordinator.machines())[0]?.phase;
	await eventually("the machine to be ready", async () => (await phase()) === "ready");
	const files = ["/etc/rollcall/role/text", "/run/systemd/system/small.service"].map((file) =>
		join(machine.root, file),
	);
	t.true(files.every((file) => existsSync(file)));

	await declare(coordinator, {
		slots: [{ name: "other", role: "other", count: 1, selector: { labels: { a: "b" } } }],
		roles,
	});
	await eventually("the machine to be a spare", async () => (await phase()) === "idle");
	t.false(files.some((file) => existsSync(file)));
	const [view] = await coordinator.machines();
	t.is(view?.seat, undefined);
	t.deepEqual(view?.health, []);
	t.is((await eventsOf(coordinator, "target-issued")).at(-1)?.role, "none");

	await declare(coordinator, { slots, roles });
	await eventually("the machine to be ready again", async () => (await phase()) === "ready");
	t.true(files.every((file) => existsSync(file)));
});
