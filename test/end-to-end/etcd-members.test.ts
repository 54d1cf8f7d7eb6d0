import { eventually } from "@rollcall/test-support/eventually";
import test from "ava";
import { startCoordinator } from "../support/coordinator.ts";
import { documentText } from "../support/documents.ts";
import { createGate } from "../support/gate.ts";
import { allReady, startMachine, unitStarts } from "../support/machine.ts";
import { BALANCER_CONFIG, writtenFiles, writtenSince } from "../support/target.ts";

const enter = createGate(1);

for (const where of ["the same address", "another address"] as const)
	test(`a control plane that boots anew at ${where} gets its place in etcd back by itself, and the others keep theirs`, async (t) => {
		const leave = await enter();
		t.teardown(leave);
		const slots = [{ name: "control", role: "control-plane", count: 3, selector: { rehearsal: true } }];
		const coordinator = await startCoordinator(t, { document: documentText({ slots }) });
		const machines = await Promise.all(
			["one", "two", "three"].map((name) => startMachine(t, coordinator, { name: `etcd-${name}` })),
		);
		const before = await allReady(coordinator, 3, 90_000);
		const type = async (wanted: string) => (await coordinator.events()).filter((event) => event.type === wanted);
		await eventually("etcd is founded", async () => ((await type("etcd-founded")).length === 1 ? true : undefined));

		const [boots, ...others] = machines;
		if (!boots) return t.fail();
		const found = await Promise.all(
			others.map(async (machine) => ({ machine, files: writtenFiles(machine), starts: await unitStarts(machine) })),
		);
		await boots.bootAgain(coordinator, where === "the same address" ? { loopback: boots.loopback } : {});
		await eventually(
			"it votes again",
			async () => ((await type("etcd-member-promoted")).length === 1 ? true : undefined),
			90_000,
		);
		const after = await allReady(coordinator, 3, 90_000);
		const again = after.find(({ bootId }) => !before.some((view) => view.bootId === bootId));
		t.deepEqual(
			(await type("etcd-member-added")).map((event) => "bootId" in event && event.bootId),
			[again?.bootId],
		);
		t.is(after.length, 3);
		for (const view of after) {
			const same = before.find(({ machineId }) => machineId === view.machineId);
			t.is(view.nodeName, same?.nodeName);
			// Another address is another one in the configuration of the others' balancers, see below.
			if (view !== again && where === "the same address")
				t.is<number | undefined, number | undefined>(
					view.generation,
					same?.generation,
					JSON.stringify([before, after]),
				);
			const { content } = await coordinator.call<{ content: { files: { path: string; content: string }[] } }>(
				"GET",
				`/v1/machines/${view.machineId}/target`,
			);
			const manifest = content.files.find(({ path }) => path.endsWith("/etcd.yaml"))?.content ?? "";
			t.true(manifest.includes(`--initial-cluster-state=${view === again ? "existing" : "new"}`), view.machineId);
		}
		for (const { machine, files, starts } of found) {
			t.deepEqual(writtenSince(machine, files), where === "the same address" ? [] : [BALANCER_CONFIG]);
			t.deepEqual(await unitStarts(machine), starts);
		}
	});
