import { eventually } from "@rollcall/test-support/eventually";
import test from "ava";
import { createFakeBus } from "./support/fake-bus.ts";
import { startAgent, TARGET } from "./support/start-agent.ts";
import { BOOT, PUBLIC_KEY } from "./support/targets.ts";

test("an agent enrolls with its token, says hello and beats", async (t) => {
	const { bus } = startAgent(t);
	await eventually("three beats", () => bus.beats.length >= 3);
	t.like(bus.enrollments[0], { token: "one-time", publicKey: PUBLIC_KEY });
	t.like(bus.hellos[0], { bootId: BOOT, generation: 0, renew: false });
	t.like(bus.beats[0], { bootId: BOOT, generation: 0 });
	t.is(bus.enrollments.length, 1);
});

test("a refused enrollment is told once, with the next step, and asked again", async (t) => {
	const bus = createFakeBus();
	bus.enroll = () => ({
		ok: false,
		wait: "long",
		problem: { code: "token-used", message: "the token was used", next: "create another" },
	});
	const { log } = startAgent(t, { bus });
	await eventually("asked again", () => bus.enrollments.length >= 3);
	const refused = log.lines.filter((line) => line.startsWith("enrollment refused"));
	t.deepEqual(refused, [
		'enrollment refused {"code":"token-used","message":"the token was used","next":"create another"}',
	]);
});

test("an agent that starts again needs no enrollment, keeps its key and proves what it holds", async (t) => {
	const first = startAgent(t);
	first.bus.hello = () => ({ kind: "target", target: TARGET.target, proof: TARGET.proof });
	await eventually("applied", () => first.bus.reports.some((report) => report.progress?.state === "applied"));
	await first.end();
	first.units.actions.length = 0;
	const next = startAgent(t, { root: first.root, units: first.units });
	await eventually("hello", () => next.bus.hellos.length > 0);
	t.is(next.bus.enrollments.length, 0);
	t.like(next.bus.hellos[0], { generation: 1, digest: TARGET.target.digest, proof: TARGET.proof });
	t.deepEqual(next.bus.jwts, ["jwt-1"]);
	t.deepEqual(first.units.actions, []);
});

test("a connection that is cut off leads to a new enrollment with the same key and the proof, and nothing that runs is touched", async (t) => {
	const { bus, units } = startAgent(t);
	bus.hello = () => ({ kind: "target", target: TARGET.target, proof: TARGET.proof });
	await eventually("applied", () => bus.reports.some((report) => report.progress?.state === "applied"));
	const before = [...units.actions];
	bus.cut();
	await eventually("enrolled again", () => bus.jwts.length === 2);
	t.like(bus.enrollments[1], { publicKey: PUBLIC_KEY, proof: TARGET.proof });
	t.false("token" in (bus.enrollments[1] ?? {}));
	t.deepEqual(units.actions, before);
});

test("who is told to enroll again and is refused says hello with what it has, until one of both is taken", async (t) => {
	const { bus } = startAgent(t);
	await eventually("hello", () => bus.hellos.length > 0);
	const problem = { code: "unauthorized", message: "enrolled with another key for this boot" } as const;
	bus.enroll = () => ({ ok: false, wait: "long", problem: { ...problem, message: "it has no token" } });
	bus.hello = () => ({ kind: "problem", problem });
	const before = bus.hellos.length;
	bus.events().connected();
	await eventually("both asked twice more", () => bus.hellos.length >= before + 2 && bus.enrollments.length >= 3);
	bus.hello = () => ({ kind: "target", target: TARGET.target, proof: TARGET.proof });
	await eventually("applied", () => bus.reports.some((report) => report.progress?.state === "applied"));
	t.pass();
});

test("servers that refuse the JWT lead to a new enrollment, for as long as it takes", async (t) => {
	const bus = createFakeBus();
	bus.denies = true;
	startAgent(t, { bus });
	await eventually("enrolled again", () => bus.enrollments.length >= 3);
	bus.denies = false;
	await eventually("hello", () => bus.hellos.length > 0);
	t.pass();
});
