import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { CertificateList, CommandAnswer, TokenCreated } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import { testNeeding } from "@rollcall/test-support/needing";
import { stretched } from "@rollcall/test-support/stretch";
import { startCoordinator, type TestCoordinator } from "../support/coordinator.ts";
import { allReady, startMachine, type TestMachine } from "../support/machine.ts";
import { FAKETIME, wallClock } from "../support/wall-clock.ts";

const HOUR = 3_600_000;
const test = testNeeding(FAKETIME);

const near = (date: string | undefined, at: number) => Math.abs(Date.parse(date ?? "") - at) < stretched(120_000);

for (const [offset, hours] of [
	["+2h", 2],
	["-21d", -21 * 24],
	["+3650d", 3650 * 24],
] as const)
	test(`a coordinator whose clock was ${offset} off and is put right says so, and time, tokens and dates are right at once`, async (t) => {
		const clock = wallClock(t, offset);
		const coordinator = await startCoordinator(t, { environment: clock.environment });
		clock.set("+0");
		const stepped = await eventually("the event", async () =>
			(await coordinator.events()).find((event) => event.type === "clock-stepped"),
		);
		t.true(stepped.type === "clock-stepped" && Math.abs(stepped.aheadMs - hours * HOUR) < stretched(120_000));
		const again = await coordinator.restart();
		const made = await again.call<TokenCreated>("POST", "/v1/tokens", { scope: "read", expiresInSeconds: 600 });
		t.is(made.view.state, "usable");
		t.true(near(made.view.expiresAt, Date.now() + 600_000), made.view.expiresAt);
		const answer = await fetch(`${again.url}/v1/status`, { headers: { authorization: `Bearer ${made.token}` } });
		t.is(answer.status, 200);
		const newest = (await again.events()).at(-1);
		t.true(near(new Date(newest?.at ?? 0).toISOString(), Date.now()));
	});

/** All certificates that live boots hold, by state. */
async function states(coordinator: TestCoordinator): Promise<string> {
	const { certificates } = await coordinator.call<CertificateList>("GET", "/v1/certificates");
	return [...new Set(certificates.filter(({ kind }) => kind === "node").map(({ state }) => state))].sort().join(" ");
}

/** The control plane that is ready with certificates that are valid now. */
async function wellAgain(coordinator: TestCoordinator, machine: TestMachine, aheadMs = 0): Promise<void> {
	await eventually(
		"a ready machine with valid certificates",
		async () => {
			const [view] = await coordinator.machines();
			return view?.phase === "ready" && (await states(coordinator)) === "valid";
		},
		90_000,
	);
	const { validFromDate, validToDate } = new X509Certificate(
		readFileSync(join(machine.root, "etc/kubernetes/pki/apiserver.crt")),
	);
	const now = Date.now() + aheadMs;
	const valid = validFromDate.getTime() < now && now < validToDate.getTime();
	if (!valid) throw new Error(`valid from ${validFromDate.toISOString()} to ${validToDate.toISOString()}`);
}

test("a coordinator that starts three weeks behind and is put right a moment later gives machines certificates that are valid", async (t) => {
	const clock = wallClock(t, "-21d");
	const coordinator = await startCoordinator(t, { environment: clock.environment });
	const machine = await startMachine(t, coordinator, { name: "power-cut" });
	await eventually("what is wrong", async () =>
		(await coordinator.machines()).some(({ phase, reason }) => phase === "idle" && /21 days ahead/.test(reason)),
	);
	t.is(await states(coordinator), "");
	clock.set("+0");
	await wellAgain(coordinator, machine);
	const issued = (await coordinator.events()).filter(({ type }) => type === "certificates-issued");
	t.true(issued.length <= 2, `${issued.length} orders`);
});

for (const [words, from, to, certificateSeconds, validity] of [
	["were three weeks ahead together, certificates are not valid yet", "+21d", "+0", 4_000_000, "not-yet-valid"],
	["are three days further together, certificates have expired", "+0", "+3d", 7_200, "expired"],
] as const)
	test(`where the clocks of coordinator and machine ${words} when the first is set, which is told, and they are ordered anew when both are`, async (t) => {
		const clock = wallClock(t, from);
		const own = wallClock(t, from);
		const coordinator = await startCoordinator(t, { environment: clock.environment, certificateSeconds });
		const machine = await startMachine(t, coordinator, { name: "together", environment: own.environment });
		await allReady(coordinator, 1, 60_000);
		clock.set(to);
		await eventually("degraded, and why", async () => {
			const [view] = await coordinator.machines();
			return view?.phase === "degraded" && /its clock is \d+ (days|hours) (behind|ahead)/.test(view.reason);
		});
		await eventually("what certificates are", async () => (await states(coordinator)) === validity);
		const told = await eventually("the event", async () =>
			(await coordinator.events()).find(({ type }) => type === "certificate-validity-changed"),
		);
		t.like(told, { validity });
		const before = (await coordinator.events()).filter(({ type }) => type === "certificates-issued").length;
		own.set(to);
		await wellAgain(coordinator, machine, to === "+0" ? 0 : 3 * 24 * HOUR);
		const issued = (await coordinator.events()).filter(({ type }) => type === "certificates-issued").length - before;
		t.true(issued >= 1 && issued <= 4, `${issued} orders`);
	});

test("after a coordinator that was two hours ahead is put right and started again, machines enroll and commands end at once", async (t) => {
	const clock = wallClock(t, "+2h");
	const coordinator = await startCoordinator(t, { environment: clock.environment });
	await coordinator.enrollToken();
	await coordinator.stop();
	clock.set("+0");
	const again = await coordinator.restart();
	const machine = await startMachine(t, again, {
		name: "ahead",
		token: await again.enrollToken({ expiresInSeconds: 3600 }),
	});
	const [view] = await allReady(again, 1, 60_000);
	const answer = await again.call<CommandAnswer>("POST", `/v1/machines/${view?.machineId}/commands?acceptLoss=etcd`, {
		kind: "reboot",
		deadlineSeconds: 600,
	});
	t.true(near(new Date(answer.deadlineAt ?? 0).toISOString(), Date.now() + 600_000));
	await machine.process.exited;
	await machine.bootAgain(again);
	const end = await eventually(
		"its end",
		async () => (await again.events()).find(({ type }) => type === "command-ended"),
		60_000,
	);
	t.like(end, { outcome: "done" });
});

for (const [words, offset] of [
	["in 1972", "-20000d"],
	["in 2033", "+2400d"],
] as const)
	test(`authorities that were made ${words} are replaced as soon as the clock is right, and certificates are given once`, async (t) => {
		const clock = wallClock(t, offset);
		const coordinator = await startCoordinator(t, { environment: clock.environment });
		clock.set("+0");
		const machine = await startMachine(t, coordinator, { name: "authority" });
		await wellAgain(coordinator, machine);
		const events = await coordinator.events();
		const changes = events.filter(({ type }) => type === "trust-changed");
		t.true(changes.length >= 2 && changes.length <= 3, `${changes.length} changes of trust`);
		t.true(events.filter(({ type }) => type === "certificates-issued").length <= 3);
		const { certificates } = await coordinator.call<CertificateList>("GET", "/v1/certificates");
		const signing = certificates.filter(({ kind, state }) => kind === "authority" && state === "signing");
		t.is(signing.length, 3);
		t.deepEqual((await coordinator.status()).trouble, []);
	});
