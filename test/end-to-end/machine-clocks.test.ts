import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CommandAnswer } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import { testNeeding } from "@rollcall/test-support/needing";
import type { TestCoordinator } from "../support/coordinator.ts";
import { REHEARSAL_DOCUMENT, startCoordinator } from "../support/coordinator.ts";
import { createGate } from "../support/gate.ts";
import { startMachine } from "../support/machine.ts";
import { FAKETIME, wallClock } from "../support/wall-clock.ts";

const test = testNeeding(FAKETIME);
const enter = createGate(2);

async function machineWhere(
	coordinator: TestCoordinator,
	what: string,
	is: (phase: string, reason: string) => boolean,
) {
	return await eventually(
		what,
		async () => (await coordinator.machines()).find(({ phase, reason }) => is(phase, reason)),
		60_000,
	);
}

for (const [offset, words] of [
	["-9000d", /its clock is \d+ days behind the coordinator's/],
	["+4000d", /its clock is \d+ days ahead of the coordinator's/],
	["-3h", /its clock is 3 hours behind the coordinator's/],
] as const)
	test(`a machine whose clock is ${offset} off gets no role and says why, and gets one as soon as the clock is right`, async (t) => {
		t.teardown(await enter());
		const coordinator = await startCoordinator(t);
		const clock = wallClock(t, offset);
		await startMachine(t, coordinator, { name: "clock", environment: clock.environment });
		const told = await machineWhere(
			coordinator,
			"what is wrong",
			(phase, reason) => phase === "idle" && words.test(reason),
		);
		t.is(told.seat, undefined);
		t.regex((await coordinator.status()).trouble.map(({ text }) => text).join("\n"), /1 machine's clock is off/);
		const why = await coordinator.call<{ chain: { text: string }[] }>("GET", `/v1/machines/${told.machineId}/why`);
		t.true(why.chain.some(({ text }) => words.test(text)));
		t.false((await coordinator.events()).some(({ type }) => type === "certificates-issued"));
		clock.set("+0");
		await machineWhere(coordinator, "a role", (phase) => phase === "ready");
	});

test("a machine whose clock is set while it has a role is degraded and told, and keeps it", async (t) => {
	t.teardown(await enter());
	const coordinator = await startCoordinator(t);
	const clock = wallClock(t, "+0");
	await startMachine(t, coordinator, { name: "stepping", environment: clock.environment });
	const before = await machineWhere(coordinator, "a role", (phase) => phase === "ready");
	clock.set("-40d");
	const now = await machineWhere(
		coordinator,
		"what is wrong",
		(phase, reason) => phase === "degraded" && /40 days behind/.test(reason),
	);
	t.is(now.generation, before.generation);
	t.is(now.nodeName, before.nodeName);
	clock.set("+0");
	await machineWhere(coordinator, "all is well", (phase) => phase === "ready");
	const types = (await coordinator.events()).map(({ type }) => type);
	t.false(types.includes("machine-released"));
});

test("the document's time servers reach a machine before it has a role, and go with the document", async (t) => {
	t.teardown(await enter());
	const coordinator = await startCoordinator(t, {
		document: `${REHEARSAL_DOCUMENT}\ntime:\n  servers: [ntp.example, 192.0.2.123]\n`,
	});
	const clock = wallClock(t, "-9000d");
	const machine = await startMachine(t, coordinator, { name: "asking", environment: clock.environment });
	await machineWhere(coordinator, "what is wrong", (phase, reason) => phase === "idle" && /days behind/.test(reason));
	mkdirSync(join(machine.root, "usr/lib/systemd"), { recursive: true });
	writeFileSync(join(machine.root, "usr/lib/systemd/systemd-timesyncd"), "");
	const path = join(machine.root, "run/systemd/timesyncd.conf.d/50-rollcall.conf");
	await eventually("the drop-in", () => existsSync(path), 150_000);
	t.is(readFileSync(path, "utf8"), "[Time]\nNTP=ntp.example 192.0.2.123\n");
	const [view] = await coordinator.machines();
	t.is(view?.phase, "idle");
	t.regex(view?.next ?? "", /see that it reaches a time server of the document/);
	const ask = { kind: "logs", unit: "systemd-timesyncd.service" };
	await eventually("that its service began anew", async () => {
		const { reply } = await coordinator.call<CommandAnswer>("POST", `/v1/machines/${view?.machineId}/commands`, ask);
		return reply.kind === "logs" && reply.lines.some((line) => /systemd-timesyncd/.test(line));
	});
	await coordinator.call("PUT", "/v1/cluster", { text: REHEARSAL_DOCUMENT });
	clock.set("+0");
	await machineWhere(coordinator, "a role", (phase) => phase === "ready");
	await eventually("the drop-in is gone", () => !existsSync(path), 150_000);
});
