import type { NatsConnection } from "@nats-io/transport-node";
import {
	downSubject,
	encode,
	HelloReply,
	inboxPrefix,
	MAX_AGENT_MESSAGE_BYTES,
	ReportReply,
	UP_VERBS,
	type UpVerb,
	upSubject,
} from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import { stretched } from "@rollcall/test-support/stretch";
import test, { type ExecutionContext } from "ava";
import { type BadMessage, Responder, type ResponderOptions } from "../../../src/adapters/nats/responder.ts";
import type { Answer, Input } from "../../../src/domain/inputs.ts";
import { joinAs, newAgent, startEmbedded, type TestAgent } from "../support/bus.ts";
import { helloOf, reportOf } from "../support/messages.ts";

interface Setting {
	readonly agent: TestAgent;
	readonly nc: NatsConnection;
	readonly coordinator: NatsConnection;
	readonly responder: Responder;
	readonly inputs: Input[];
	readonly beats: unknown[][];
	readonly bad: BadMessage[];
	/** Asks as the agent does, and gives the parsed answer. */
	ask(verb: UpVerb, payload: Uint8Array): Promise<HelloReply | ReportReply>;
}

/** A leading responder with a core that answers what it is told to, and one connected agent. */
async function setUp(
	t: ExecutionContext,
	answer: (input: Input) => Answer | Promise<Answer> = () => ({ kind: "wait", reason: "nothing yet" }),
	options: Partial<ResponderOptions> = {},
): Promise<Setting> {
	const bus = await startEmbedded(t);
	const inputs: Input[] = [];
	const beats: unknown[][] = [];
	const bad: BadMessage[] = [];
	const responder = new Responder({
		connection: bus.connection,
		clock: { monotonic: () => performance.now() },
		rate: { burst: 10_000, perSecond: 10_000 },
		core: {
			submit: async (input) => {
				inputs.push(input);
				return answer(input);
			},
			beat: (...beat) => beats.push(beat),
		},
		credentials: bus.credentials,
		answerHello: (_machineId, _hello, given) =>
			given.kind === "wait" ? { kind: "wait", reason: given.reason } : { kind: "fenced", reason: "over" },
		answerCertify: async () => ({ kind: "fenced", reason: "over" }),
		answerRoutes: () => ({ kind: "fenced", reason: "over" }),
		onBadMessage: (message) => bad.push(message),
		...options,
	});
	responder.lead();
	await bus.connection.nc.flush();
	const agent = newAgent("machine-1");
	const nc = await joinAs(t, bus, agent);
	const ask = async (verb: UpVerb, payload: Uint8Array) => {
		const { data } = await nc.request(upSubject(agent.machineId, verb), payload, { timeout: stretched(5_000) });
		return (verb === "report" ? ReportReply : HelloReply).parse(JSON.parse(new TextDecoder().decode(data)));
	};
	return { agent, nc, coordinator: bus.connection.nc, responder, inputs, beats, bad, ask };
}

test("a hello is answered with what the core says, under the name in its subject", async (t) => {
	const { agent, ask, inputs, bad } = await setUp(t);
	t.deepEqual(await ask("hello", encode(helloOf(agent))), { kind: "wait", reason: "nothing yet" });
	t.like(inputs[0], { kind: "hello", machineId: agent.machineId, proofValid: false });
	t.deepEqual(bad, []);
});

test("a report is answered, also when its machine is fenced or the core refuses it", async (t) => {
	const answers: Answer[] = [
		{ kind: "ok" },
		{ kind: "fenced", reason: "a newer boot" },
		{ kind: "problem", problem: { code: "not-leader", message: "ask the other one" } },
	];
	const { agent, ask } = await setUp(t, () => answers.shift() ?? { kind: "ok" });
	const report = encode(reportOf(agent));
	t.deepEqual(await ask("report", report), { kind: "ok" });
	t.deepEqual(await ask("report", report), { kind: "fenced", reason: "a newer boot" });
	t.like(await ask("report", report), { kind: "problem", problem: { code: "not-leader" } });
});

test("a beat renews and is not answered", async (t) => {
	const { agent, nc, beats } = await setUp(t);
	const health = `sha256:${"0".repeat(64)}`;
	nc.publish(upSubject(agent.machineId, "beat"), encode({ bootId: agent.bootId, generation: 7, health }));
	await eventually("the beat", () => beats.length === 1);
	t.deepEqual(beats, [[agent.machineId, { bootId: agent.bootId, generation: 7, health }]]);
});

test("who follows hears beats, and leaves hellos and reports to the leader", async (t) => {
	const { agent, nc, responder, coordinator, beats, inputs, ask } = await setUp(t);
	responder.follow();
	await coordinator.flush();
	for (const verb of ["hello", "report"] as const)
		await t.throwsAsync(ask(verb, encode(verb === "hello" ? helloOf(agent) : reportOf(agent))), {
			message: /no responders/i,
		});
	const health = `sha256:${"0".repeat(64)}`;
	nc.publish(upSubject(agent.machineId, "beat"), encode({ bootId: agent.bootId, generation: 0, health }));
	await eventually("the beat", () => beats.length === 1);
	t.deepEqual(inputs, []);
	responder.lead();
	responder.lead();
	await coordinator.flush();
	t.like(await ask("hello", encode(helloOf(agent))), { kind: "wait" });
	t.is(inputs.length, 1);
});

test("malformed and oversized messages on every subject are counted, and answered where an answer is due", async (t) => {
	const { agent, nc, bad, ask, inputs, beats } = await setUp(t);
	const malformed: [Uint8Array, string][] = [
		[new Uint8Array(), "bad-request"],
		[encode("text"), "bad-request"],
		[encode({ bootId: "no uuid" }), "bad-request"],
		[new Uint8Array([0xff, 0xfe, 0x00]), "bad-request"],
		[new TextEncoder().encode("{".repeat(1000)), "bad-request"],
		[new TextEncoder().encode(`${"[".repeat(50_000)}${"]".repeat(50_000)}`), "bad-request"],
		[new Uint8Array(MAX_AGENT_MESSAGE_BYTES + 1).fill(32), "too-large"],
	];
	for (const verb of ["hello", "report", "certify", "routes", "bye"] as const)
		for (const [payload, code] of malformed)
			t.like(await ask(verb, payload), { kind: "problem", problem: { code, machineId: agent.machineId } });
	for (const [payload] of malformed) nc.publish(upSubject(agent.machineId, "beat"), payload);
	await eventually("all of them to be counted", () => bad.length === malformed.length * UP_VERBS.length);
	for (const verb of UP_VERBS)
		t.deepEqual(
			bad.filter((one) => one.verb === verb).map(({ reason }) => reason),
			malformed.map(([, reason]) => reason),
		);
	t.true(bad.every(({ machineId }) => machineId === agent.machineId));
	t.deepEqual([inputs, beats], [[], []]);
	t.like(await ask("hello", encode(helloOf(agent))), { kind: "wait" });
});

test("a reply subject of somebody else is never answered, and the message is not taken", async (t) => {
	const { agent, nc, coordinator, bad, inputs } = await setUp(t);
	const victim = newAgent("machine-2");
	const targets = [
		downSubject(victim.machineId, "command"),
		downSubject(agent.machineId, "command"),
		`${inboxPrefix(victim.machineId)}.1`,
		`${inboxPrefix(agent.machineId)}2.1`,
		inboxPrefix(agent.machineId),
		"_INBOX.abc",
		"rollcall.v1.log",
		"rollcall.v1.lead",
		"$SYS.REQ.CLAIMS.UPDATE",
		"$JS.API.STREAM.DELETE.ROLLCALL_EVENTS",
	];
	const arrived: string[] = [];
	for (const target of targets)
		coordinator.subscribe(target, {
			callback: (_error, { subject }) => {
				arrived.push(subject);
			},
		});
	await coordinator.flush();
	for (const reply of targets)
		for (const [verb, payload] of [
			["hello", encode(helloOf(agent))],
			["report", encode(reportOf(agent))],
			["hello", encode("malformed")],
		] as const)
			nc.publish(upSubject(agent.machineId, verb), payload, { reply });
	await nc.flush();
	await eventually("all of them to be counted", () => bad.length === targets.length * 3);
	await coordinator.flush();
	t.true(bad.every(({ reason }) => reason === "foreign-reply"));
	t.deepEqual([arrived, inputs], [[], []]);
});

test("a subject that names no machine is counted and ignored", async (t) => {
	const { coordinator, bad, inputs, beats } = await setUp(t);
	for (const verb of UP_VERBS) coordinator.publish(`rollcall.v1.up.NOT_A_MACHINE.${verb}`, "{}", { reply: "_INBOX.x" });
	await eventually("all of them to be counted", () => bad.length === UP_VERBS.length);
	t.true(bad.every(({ reason, machineId }) => reason === "subject" && machineId === undefined));
	t.deepEqual([inputs, beats], [[], []]);
});

test("more requests than can be answered are refused at once, and room comes back", async (t) => {
	const gate = Promise.withResolvers<Answer>();
	const { agent, ask, responder, bad } = await setUp(t, () => gate.promise, { maxInFlight: 2 });
	const hello = encode(helloOf(agent));
	const held = [ask("hello", hello), ask("hello", hello)];
	await eventually("two requests under way", () => responder.inFlight === 2);
	t.like(await ask("hello", hello), { kind: "problem", problem: { code: "too-many-requests" } });
	gate.resolve({ kind: "wait", reason: "now" });
	t.deepEqual(await Promise.all(held), [
		{ kind: "wait", reason: "now" },
		{ kind: "wait", reason: "now" },
	]);
	t.like(await ask("hello", hello), { kind: "wait" });
	t.is(bad.length, 1);
	t.is(responder.inFlight, 0);
});

test("an answer that cannot be made, or does not fit the bus, is told as an internal problem", async (t) => {
	const answers = [
		() => {
			throw new Error("no template");
		},
		() => ({ kind: "wait" as const, reason: "x".repeat(1024 * 1024) }),
	];
	const { agent, ask, bad } = await setUp(t, undefined, {
		answerHello: () => answers.shift()?.() ?? { kind: "wait", reason: "fine" },
	});
	const hello = encode(helloOf(agent));
	t.like(await ask("hello", hello), { kind: "problem", problem: { code: "internal", message: "hello: no template" } });
	t.like(await ask("hello", hello), { kind: "problem", problem: { code: "internal" } });
	t.deepEqual(await ask("hello", hello), { kind: "wait", reason: "fine" });
	t.is(bad.length, 2);
});

test("a hello that would wait too long is refused at once, and a report is not; what waited too long in the queue is over", async (t) => {
	let now = 0;
	const gate = Promise.withResolvers<Answer>();
	const over: ((() => boolean) | undefined)[] = [];
	const core: ResponderOptions["core"] = {
		submit: async (input, _asked, isOver) => {
			if (input.kind !== "hello") return { kind: "ok" };
			over.push(isOver);
			return gate.promise;
		},
		beat: () => {},
	};
	const hellos = { patienceMs: 20, atLeast: 2 };
	const clock = { monotonic: () => now };
	const { agent, ask, responder } = await setUp(t, undefined, { core, hellos, clock });
	const hello = encode(helloOf(agent));
	const held = [ask("hello", hello), ask("hello", hello)];
	await eventually("two hellos under way", () => responder.inFlight === 2);
	t.like(await ask("hello", hello), { kind: "problem", problem: { code: "too-many-requests" } });
	t.is((await ask("report", encode(reportOf(agent)))).kind, "ok");
	t.deepEqual(
		over.map((isOver) => isOver?.()),
		[false, false],
	);
	now += 60_000;
	t.deepEqual(
		over.map((isOver) => isOver?.()),
		[true, true],
	);
	gate.resolve({ kind: "wait", reason: "now" });
	await Promise.all(held);
	t.like(await ask("hello", hello), { kind: "wait" });
});
