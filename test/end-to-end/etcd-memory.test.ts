import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { writeLog } from "@rollcall/test-support/etcd-log";
import { eventually } from "@rollcall/test-support/eventually";
import test from "ava";
import { startCoordinator } from "../support/coordinator.ts";
import { documentText } from "../support/documents.ts";
import { eventsOf } from "../support/events.ts";
import { allReady, startMachine, type TestMachine } from "../support/machine.ts";

const SLOTS = [{ name: "control", role: "control-plane", count: 1, selector: { rehearsal: true } }];
const LOG = "var/lib/etcd/member/wal/0000000000000000-0000000000000000.wal";
/** How long after a change the agent is killed: from before it heard of it to behind its end. */
const MOMENTS_MS = [0, 30, 60, 90, 120, 160, 220, 400];

/** The same document, but for a number that reaches the API server's manifest. */
function documentOf(number: number): string {
	const document = JSON.parse(documentText({ slots: SLOTS }));
	document.kubernetes.extraArguments = { apiServer: { v: String(number) } };
	return JSON.stringify(document);
}

function manifestOf({ root }: TestMachine): string {
	const path = join(root, "etc/kubernetes/manifests/kube-apiserver.yaml");
	return existsSync(path) ? readFileSync(path, "utf8") : "";
}

test("agents that are killed at any moment of an apply keep etcd's memory, and its marker is reported once", async (t) => {
	const coordinator = await startCoordinator(t, { document: documentOf(0) });
	const machine = await startMachine(t, coordinator, { name: "keeps-memory" });
	await allReady(coordinator, 1, 90_000);
	writeLog(machine.root, 77n, 88n);
	const [first] = await eventually("whose memory it is", async () => {
		const events = await eventsOf(coordinator, "etcd-memory-changed");
		return events.length > 0 ? events : undefined;
	});
	t.like(first?.memory, { memberId: "77", clusterId: "88", bootId: first?.bootId });
	const marker = readFileSync(join(machine.root, "var/lib/etcd/rollcall-member"), "utf8");

	for (const [index, moment] of MOMENTS_MS.entries()) {
		await coordinator.call("PUT", "/v1/cluster", { text: documentOf(index + 1) });
		await sleep(moment);
		const pid = machine.agentPid();
		if (pid !== undefined) process.kill(pid, "SIGKILL");
		await eventually(
			`change ${index + 1} is there`,
			async () => manifestOf(machine).includes(`--v=${index + 1}`) && (await allReady(coordinator, 1, 60_000)),
			90_000,
		);
		t.is(readFileSync(join(machine.root, "var/lib/etcd/rollcall-member"), "utf8"), marker);
		t.true(existsSync(join(machine.root, LOG)));
	}
	t.is((await eventsOf(coordinator, "etcd-memory-changed")).length, 1);
});
