import { eventually } from "@rollcall/test-support/eventually";
import test from "ava";
import { createFakeBus } from "./support/fake-bus.ts";
import { tree } from "./support/machine.ts";
import { applyParts } from "./support/parts.ts";
import { fastClock, startAgent, TARGET } from "./support/start-agent.ts";
import { accepted, BOOT, file, PUBLIC_KEY } from "./support/targets.ts";

const OTHER_BOOT = "0b0a7e1c-9999-4222-8333-444455556666" as typeof BOOT;
test("a notice brings the target; its progress is reported and beats carry its generation", async (t) => {
	const { bus, root } = startAgent(t);
	await eventually("the first hello", () => bus.hellos.length >= 1);
	bus.hello = () => ({ kind: "target", target: TARGET.target, proof: TARGET.proof });
	bus.events().notice(1);
	await eventually("applied", () => bus.reports.some((report) => report.progress?.state === "applied"));
	await eventually("a beat", () => bus.beats.at(-1)?.generation === 1);
	t.deepEqual(tree(root), { "/etc/kubernetes/a": "644 a" });
	const numbers = bus.reports.map((report) => report.sequence);
	t.deepEqual(
		numbers,
		[...new Set(numbers)].sort((a, b) => a - b),
	);
});

test("a hello names the highest generation that came, also where its target failed, since nothing below it is taken any more", async (t) => {
	const { bus, units } = startAgent(t);
	bus.hello = () => ({ kind: "target", target: TARGET.target, proof: TARGET.proof });
	units.broken.set("k.service", "failed");
	await eventually("rejected", () => bus.reports.some((report) => report.progress?.state === "rejected"));
	bus.events().connected();
	await eventually("a hello after that", () => bus.hellos.at(-1)?.generation === 1);
	t.is(bus.hellos.at(-1)?.proof, undefined);
});

test("an agent that starts again names a generation that came before it and failed, and takes nothing below it", async (t) => {
	const first = startAgent(t);
	first.bus.hello = () => ({ kind: "target", target: TARGET.target, proof: TARGET.proof });
	await eventually("applied", () => first.bus.reports.some((report) => report.progress?.state === "applied"));
	const path = "/etc/kubernetes/a";
	const failing = accepted(3, { files: [file(path, "b")], units: [{ name: "k.service", restartOn: [path] }] });
	const below = accepted(2, { files: [file(path, "c")] });
	first.units.broken.set("k.service", "failed");
	first.bus.hello = () => ({ kind: "target", target: failing.target, proof: failing.proof });
	first.bus.events().notice(3);
	await eventually("rejected", () => first.bus.reports.some((report) => report.progress?.state === "rejected"));
	await first.end();
	const { bus, root } = startAgent(t, { root: first.root, units: first.units });
	bus.hello = () => ({ kind: "target", target: below.target, proof: below.proof });
	await eventually("a hello", () => bus.hellos.length > 0);
	t.is(bus.hellos[0]?.generation, 3);
	bus.events().connected();
	await eventually("another hello", () => bus.hellos.length > 1);
	t.is(bus.hellos.at(-1)?.digest, TARGET.target.digest);
	t.deepEqual(tree(root), { "/etc/kubernetes/a": "644 a" });
});

test("a report that is not acknowledged is sent again, with a higher sequence", async (t) => {
	const bus = createFakeBus();
	bus.hello = () => ({ kind: "target", target: TARGET.target, proof: TARGET.proof });
	bus.report = () => ({ kind: "problem", problem: { code: "not-leader", message: "ask the other one" } });
	startAgent(t, { bus });
	await eventually(
		"three tries",
		() => bus.reports.filter((report) => report.progress?.state === "applied").length >= 3,
	);
	bus.report = () => ({ kind: "ok" });
	t.true((bus.reports.at(-1)?.sequence ?? 0) > (bus.reports.at(-2)?.sequence ?? 0));
});

test("while the bus is away the target keeps running, and the agent finds back by itself", async (t) => {
	const { bus, root, units } = startAgent(t);
	bus.hello = () => ({ kind: "target", target: TARGET.target, proof: TARGET.proof });
	await eventually("applied", () => bus.reports.some((report) => report.progress?.state === "applied"));
	bus.away = true;
	bus.enroll = () => ({ ok: false, wait: "short", problem: { code: "not-ready", message: "nobody answers" } });
	bus.events().disconnected();
	bus.cut();
	await eventually("tried several times", () => bus.enrollments.length >= 4);
	t.deepEqual(tree(root), { "/etc/kubernetes/a": "644 a" });
	t.true(units.running.has("k.service"));
	const before = bus.hellos.length;
	bus.away = false;
	await eventually("hello", () => bus.hellos.length > before);
	t.pass();
});

test("an agent whose servers stay away enrolls again with its proof, connects to where the bus is now, and touches nothing that runs", async (t) => {
	const { bus, units } = startAgent(t);
	bus.hello = () => ({ kind: "target", target: TARGET.target, proof: TARGET.proof });
	await eventually("applied", () => bus.reports.some((report) => report.progress?.state === "applied"));
	const before = [...units.actions];
	const enroll = bus.enroll;
	bus.enroll = () => {
		const outcome = enroll();
		bus.away = false;
		return outcome.ok ? { ...outcome, reply: { ...outcome.reply, servers: ["nats://127.0.0.1:2"] } } : outcome;
	};
	bus.away = true;
	bus.events().disconnected();
	await eventually("connected to the new servers", () => bus.servers.at(-1)?.[0] === "nats://127.0.0.1:2");
	t.like(bus.enrollments[1], { publicKey: PUBLIC_KEY, proof: TARGET.proof });
	t.deepEqual(units.actions, before);
});

test("a JWT is renewed over hello at two thirds of its life, and used from then on", async (t) => {
	const bus = createFakeBus();
	const enroll = bus.enroll;
	bus.enroll = () => {
		const outcome = enroll();
		return outcome.ok ? { ...outcome, reply: { ...outcome.reply, expiresInSeconds: 15 } } : outcome;
	};
	bus.hello = (hello) => ({ kind: "wait", reason: "later", ...(hello.renew ? { jwt: "renewed" } : {}) });
	const { memory } = startAgent(t, { bus });
	await eventually("renewed", () => memory.identity()?.joined?.jwt === "renewed");
	t.is(bus.enrollments.length, 1);
	bus.enroll = () => ({ ok: false, wait: "short", problem: { code: "not-ready", message: "away" } });
	bus.cut();
	await eventually("connected with the new one", () => bus.jwts.at(-1) === "renewed");
});

test("a fenced boot falls silent, says so once, and keeps what runs", async (t) => {
	const { bus, units, log, boot, ended } = startAgent(t);
	bus.hello = () => ({ kind: "target", target: TARGET.target, proof: TARGET.proof });
	await eventually("applied", () => bus.reports.some((report) => report.progress?.state === "applied"));
	bus.hello = () => ({ kind: "fenced", reason: "boot 2 is live" });
	bus.events().notice(2);
	await eventually("fenced", () => log.lines.some((line) => line.startsWith("fenced")));
	const { beats, hellos, reports } = {
		beats: bus.beats.length,
		hellos: bus.hellos.length,
		reports: bus.reports.length,
	};
	// Two minutes on the agent's clock.
	await fastClock.sleep(120_000, new AbortController().signal);
	t.deepEqual([bus.beats.length, bus.hellos.length, bus.reports.length], [beats, hellos, reports]);
	t.is(log.lines.filter((line) => line.startsWith("fenced")).length, 1);
	t.true(units.running.has("k.service"));
	boot.id = OTHER_BOOT;
	t.is(await ended, "other-boot");
});

test("a state folder of another boot counts for nothing: new key, generation 0, and its files go", async (t) => {
	const first = startAgent(t);
	first.bus.hello = () => ({ kind: "target", target: TARGET.target, proof: TARGET.proof });
	await eventually("applied", () => first.bus.reports.some((report) => report.progress?.state === "applied"));
	await first.end();
	const parts = applyParts(first.root, first.units);
	const kept = parts.memory.identity();
	if (kept) parts.memory.saveIdentity({ ...kept, bootId: OTHER_BOOT });
	const next = startAgent(t, { root: first.root, units: first.units });
	await eventually("hello", () => next.bus.hellos.length > 0);
	t.is(next.bus.enrollments.length, 1);
	t.like(next.bus.hellos[0], { generation: 0 });
	await eventually("removed", () => Object.keys(tree(first.root)).length === 0);
});

test("commands: ping, logs, reboot and reset are answered; those for another boot are refused", async (t) => {
	const { bus, units, root } = startAgent(t);
	bus.hello = () => ({ kind: "target", target: TARGET.target, proof: TARGET.proof });
	await eventually("applied", () => bus.reports.some((report) => report.progress?.state === "applied"));
	t.like(await bus.command({ kind: "ping", bootId: BOOT }), { kind: "pong", generation: 1 });
	t.deepEqual(await bus.command({ kind: "logs", bootId: BOOT, lines: 10 }), { kind: "logs", lines: ["a line"] });
	const refused = await bus.command({ kind: "reboot", bootId: OTHER_BOOT, commandId: "c" });
	t.is(refused.kind === "problem" && refused.problem.code, "incarnation-fenced");
	t.deepEqual(await bus.command({ kind: "reboot", bootId: BOOT, commandId: "c" }), { kind: "accepted" });
	t.is(units.actions.at(-1), "reboot");
	t.deepEqual(await bus.command({ kind: "reboot", bootId: BOOT, commandId: "c" }), { kind: "accepted" });
	t.is(units.actions.filter((action) => action === "reboot").length, 1, "the same command was done twice");
	bus.hello = () => ({ kind: "wait", reason: "reset" });
	const before = bus.hellos.length;
	t.deepEqual(await bus.command({ kind: "reset", bootId: BOOT, commandId: "d" }), { kind: "accepted" });
	await eventually("hello with nothing", () => bus.hellos.slice(before).some((hello) => hello.generation === 0));
	t.deepEqual(tree(root), {});
});

test("an agent says good-bye when the system shuts down, and nothing when only the agent ends", async (t) => {
	for (const goingDown of [false, true]) {
		const { bus, boot, end } = startAgent(t);
		await eventually("a beat", () => bus.beats.length > 0);
		boot.goingDown = goingDown;
		t.is(await end(), "stopped");
		t.deepEqual(bus.byes, goingDown ? [BOOT] : []);
		// Nothing that it says afterwards would bring it back to life.
		const { length } = bus.beats;
		await new Promise((resolve) => setImmediate(resolve));
		t.is(bus.beats.length, length);
	}
});

test("a good-bye that nobody takes keeps no system from shutting down", async (t) => {
	const { bus, boot, end } = startAgent(t);
	await eventually("a beat", () => bus.beats.length > 0);
	boot.goingDown = true;
	bus.report = () => {
		throw new Error("timeout");
	};
	t.is(await end(), "stopped");
	t.deepEqual(bus.byes, [BOOT]);
});
