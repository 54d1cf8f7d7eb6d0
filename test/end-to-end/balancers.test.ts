import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "@rollcall/test-support/eventually";
import test from "ava";
import { startCoordinator } from "../support/coordinator.ts";
import { declare, documentText } from "../support/documents.ts";
import { allReady, startMachine, type TestMachine, unitStarts } from "../support/machine.ts";
import { BALANCER_CONFIG, targetOf, writtenFiles, writtenSince } from "../support/target.ts";

function balancersServers(machine: TestMachine): number {
	return readFileSync(join(machine.root, BALANCER_CONFIG), "utf8").match(/^ {2}server /gm)?.length ?? 0;
}

test("another control plane is in the balancers' configuration on control planes and workers at once; nothing else is written, and nothing starts anew", async (t) => {
	const slots = (controlPlanes: number) => [
		{ name: "etcd", role: "etcd", count: 1 },
		{ name: "control", role: "control-plane", count: controlPlanes },
		{ name: "workers", role: "worker", count: 1 },
	];
	const coordinator = await startCoordinator(t, { document: documentText({ slots: slots(1) }) });
	const machines = await Promise.all(
		["one", "two", "three", "spare"].map((name) => startMachine(t, coordinator, { name: `balancers-${name}` })),
	);
	await allReady(coordinator, 3, 120_000);
	await eventually("the spare", async () => {
		const idle = (await coordinator.machines()).filter(({ phase }) => phase === "idle");
		return idle.length === 1 ? true : undefined;
	});
	const having = (role: string) => machines.find((machine) => targetOf(machine)?.content.role === role);
	const followers = [having("control-plane"), having("worker")];
	const [control, worker] = followers;
	const etcd = having("etcd");
	if (!control || !worker || !etcd) return t.fail("a role is missing");
	t.false(existsSync(join(etcd.root, BALANCER_CONFIG)));
	const before = await Promise.all(
		[control, worker].map(async (machine) => {
			t.is(balancersServers(machine), 1);
			return { machine, files: writtenFiles(machine), starts: await unitStarts(machine) };
		}),
	);

	await declare(coordinator, { slots: slots(2) });
	const begun = performance.now();
	const took = await Promise.all(
		before.map(({ machine }) =>
			eventually(`two API servers behind the balancer of ${machine.name}`, () =>
				balancersServers(machine) === 2 ? performance.now() - begun : undefined,
			),
		),
	);
	t.log(`from the answer to the declaration to the files: ${took.map((ms) => `${ms.toFixed(0)} ms`).join(", ")}`);
	await allReady(coordinator, 4, 120_000);
	for (const { machine, files, starts } of before) {
		t.deepEqual(writtenSince(machine, files), [BALANCER_CONFIG]);
		t.deepEqual(await unitStarts(machine), starts);
	}
	const own = targetOf(control)?.content.nodeName;
	const text = readFileSync(join(control.root, BALANCER_CONFIG), "utf8");
	t.regex(text, new RegExp(`^ {2}server ${own} \\S+ on-marked-up shutdown-backup-sessions$`, "m"));
	t.is(text.match(/^ {2}server \S+ \S+ backup$/gm)?.length, 1);
});
