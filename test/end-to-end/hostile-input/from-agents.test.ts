import { readFileSync } from "node:fs";
import { join as joinPath } from "node:path";
import { connect, credsAuthenticator, type NatsConnection } from "@nats-io/transport-node";
import {
	answerSubject,
	Beat,
	Bye,
	Certify,
	downSubject,
	encode,
	Hello,
	healthDigest,
	inboxPrefix,
	MachineId,
	Problem,
	Report,
	RoutesRequest,
	sha256Of,
	UP_VERBS,
	type UpVerb,
	upSubject,
} from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import fc from "@rollcall/test-support/properties";
import { stretched } from "@rollcall/test-support/stretch";
import test, { type ExecutionContext } from "ava";
import type { z } from "zod";
import { type Bystander, startBystander } from "../../support/calm.ts";
import { startCoordinator, type TestCoordinator } from "../../support/coordinator.ts";
import { documentText, smallRole } from "../../support/documents.ts";
import { createGate } from "../../support/gate.ts";
import { malformed } from "../../support/hostile-messages.ts";
import { connectAs, type Incarnation, join, joinInPlace, newIncarnation } from "../../support/incarnation.ts";
import { metric } from "../../support/metrics.ts";

const enter = createGate(2);

const WORKERS = { slots: [{ name: "w", role: "small", count: "rest" }], roles: { small: smallRole("one") } };

/** A fleet with a bystander, and somebody with good credentials who says whatever it likes. */
interface Scene {
	readonly coordinator: TestCoordinator;
	readonly bystander: Bystander;
	readonly own: Incarnation;
	readonly machineId: MachineId;
	readonly nc: NatsConnection;
	/** Good messages of its own. */
	readonly good: Record<UpVerb, object>;
	bad(reason?: string): Promise<number>;
}

const SCHEMAS: Record<UpVerb, z.ZodType> = {
	hello: Hello,
	beat: Beat,
	report: Report,
	certify: Certify,
	routes: RoutesRequest,
	bye: Bye,
};
/** What follows from there being a machine that never takes its target, whatever it says. */
const OF_ITS_OWN = ["lease-changed", "target-expired"] as const;

async function startScene(t: ExecutionContext): Promise<Scene> {
	t.teardown(await enter());
	const coordinator = await startCoordinator(t, { document: documentText(WORKERS) });
	const own = newIncarnation();
	const reply = await join(coordinator, own);
	await eventually("a target for the hostile machine", async () =>
		(await coordinator.machine(reply.machineId)).machine.progress === "issued" ? true : undefined,
	);
	const bystander = await startBystander(t, coordinator);
	const nc = await connectAs(t, own, reply);
	const { bootId } = own.facts;
	const digest = sha256Of("nothing");
	const order = { bootId, generation: 1, digest, certificates: [], secrets: [], sealTo: "AAAA" };
	const good = {
		hello: { bootId, publicKey: own.publicKey, facts: own.facts, generation: 0, renew: false },
		beat: { bootId, generation: 0, health: healthDigest([]) },
		report: { bootId, sequence: 1, generation: 0, health: [{ component: "kubelet", healthy: true }] },
		certify: { order, signature: "AAAA" },
		routes: { bootId },
		bye: { bootId },
	};
	const bad = (reason?: string) => metric(coordinator, "rollcall_bad_messages_total", reason ? { reason } : {});
	return { coordinator, bystander, own, machineId: reply.machineId, nc, good, bad };
}

async function ask({ nc, machineId }: Scene, verb: UpVerb, payload: Uint8Array): Promise<unknown> {
	return (await nc.request(upSubject(machineId, verb), payload, { timeout: stretched(10_000) })).json();
}

test("whatever else is said on any subject is counted and, but for beats, answered with a problem, and nothing happens", async (t) => {
	const scene = await startScene(t);
	const { bystander, machineId, nc, good, bad } = scene;
	for (const verb of UP_VERBS) {
		const before = await bad();
		let said = 0;
		await fc.assert(
			fc.asyncProperty(malformed(SCHEMAS[verb], good[verb]), async (payload) => {
				said += 1;
				if (verb === "beat") {
					nc.publish(upSubject(machineId, verb), payload);
					return;
				}
				const answer = (await ask(scene, verb, payload)) as { kind: string; problem: unknown };
				t.is(answer.kind, "problem", verb);
				const problem = Problem.parse(answer.problem);
				t.is(problem.machineId, machineId, verb);
				t.truthy(problem.next, problem.message);
				t.is(problem.code, payload.length > 128 * 1024 ? "too-large" : "bad-request", verb);
			}),
			{ numRuns: 250 },
		);
		await nc.flush();
		await eventually(`all that was said on ${verb} to be counted`, async () => (await bad()) >= before + said);
		await bystander.assertCalm(OF_ITS_OWN);
	}
});

test("reports that come twice, late and in another order leave what the last one said, and record no more than that", async (t) => {
	const scene = await startScene(t);
	const { coordinator, bystander, machineId, good } = scene;
	let base = 10;
	let changes = 0;
	await fc.assert(
		fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 2, maxLength: 20 }), async (order) => {
			base += 100;
			let last = -1;
			for (const number of order) {
				if (number > last) changes += 1;
				last = Math.max(last, number);
				const health = [{ component: "kubelet", healthy: false, reason: `report ${"abcdefghij"[number]} of ${base}` }];
				const answer = await ask(scene, "report", encode({ ...good.report, sequence: base + number, health }));
				t.deepEqual(answer, { kind: "ok" });
			}
			const { machine } = await coordinator.machine(machineId);
			t.regex(machine.health[0]?.reason ?? "", new RegExp(`^report ${"abcdefghij"[last]} of`));
		}),
		{ numRuns: 20, endOnFailure: true },
	);
	const news = await bystander.assertCalm([...OF_ITS_OWN, "health-changed"]);
	t.true(news.filter(({ type }) => type === "health-changed").length <= changes);
});

test("a flood of hellos with other facts in each has a share of them recorded, is answered, and is told once", async (t) => {
	const scene = await startScene(t);
	const { bystander, good, own } = scene;
	const hellos = Array.from({ length: 1_500 }, (_, n) => ({
		...good.hello,
		facts: { ...own.facts, hostname: `host-${n}` },
	}));
	const answers = new Set<string>();
	while (hellos.length > 0) {
		const asked = hellos.splice(0, 50).map((hello) => ask(scene, "hello", encode(hello)));
		for (const answer of await Promise.all(asked)) answers.add((answer as { kind: string }).kind);
	}
	t.deepEqual([...answers], ["target"]);
	const news = await bystander.assertCalm([...OF_ITS_OWN, "facts-changed", "hellos-cut", "target-issued"]);
	t.true(news.length < 100, `${news.length} events`);
	t.true(news.filter(({ type }) => type === "facts-changed").length >= 30);
	t.is(news.filter(({ type }) => type === "hellos-cut").length, 1);
});

test("what is stale, or claims what never was, is refused or passed over: an old boot, another key, generations that nobody issued", async (t) => {
	const scene = await startScene(t);
	const { coordinator, bystander, nc, own, machineId, good } = scene;
	const other = "0e6f0a52-0000-4a57-9d3e-30b0f0c8a911";
	const { generation } = (await coordinator.machine(machineId)).machine;
	const refused = async (verb: "hello" | "report", change: object): Promise<string> => {
		const answer = (await ask(scene, verb, encode({ ...good[verb], ...change }))) as { problem: Problem };
		return Problem.parse(answer.problem).code;
	};
	t.is(await refused("hello", { bootId: other }), "unknown-machine");
	t.is(await refused("report", { bootId: other }), "unknown-machine");
	const unsigned = (await ask(scene, "certify", encode(good.certify))) as { kind: string; problem: Problem };
	t.is(unsigned.kind, "problem");
	Problem.parse(unsigned.problem);
	t.is(await refused("hello", { publicKey: newIncarnation().publicKey }), "unauthorized");
	t.is(await refused("hello", { generation: Number.MAX_SAFE_INTEGER }), "bad-request");
	t.is(await refused("report", { generation: Number.MAX_SAFE_INTEGER }), "bad-request");
	for (const state of ["applying", "applied"])
		for (const never of [generation - 1, generation + 1, 2 ** 52]) {
			const report = { ...good.report, sequence: never, generation: never, progress: { state }, health: [] };
			t.deepEqual(await ask(scene, "report", encode({ ...report, sequence: 1 })), { kind: "ok" });
		}
	for (const beat of [{ bootId: other }, { generation: 1e15 }, { health: sha256Of("another") }])
		for (let times = 0; times < 50; times++)
			nc.publish(upSubject(machineId, "beat"), encode({ ...good.beat, ...beat }));
	for (let times = 0; times < 50; times++) nc.publish(answerSubject(machineId, `n${times}`), encode({ kind: "pong" }));
	await nc.flush();
	// Nothing of it was taken for progress. On a busy computer its silence has ended the target meanwhile.
	const { progress } = (await coordinator.machine(machineId)).machine;
	t.true(progress === "issued" || progress === "rejected", progress);
	await bystander.assertCalm(OF_ITS_OWN);

	const young = newIncarnation({ uuid: own.facts.smbios.uuid ?? "", mac: own.facts.nics[0]?.mac ?? "" });
	const again = await joinInPlace(coordinator, young);
	t.is(again.machineId, machineId);
	// The bus has cut the old boot off; what it would say comes over the new one's connection.
	const later: Scene = { ...scene, nc: await connectAs(t, young, again) };
	for (const verb of ["hello", "report"] as const)
		t.like(await ask(later, verb, encode(good[verb])), { kind: "fenced" });
	for (let times = 0; times < 50; times++) later.nc.publish(upSubject(machineId, "beat"), encode(good.beat));
	await later.nc.flush();
	const news = await bystander.assertCalm([
		...OF_ITS_OWN,
		...([
			"change-made",
			"token-created",
			"boot-held",
			"boot-allowed",
			"machine-enrolled",
			"incarnation-fenced",
			"fenced-incarnation-spoke",
			"target-issued",
		] as const),
	]);
	t.is(news.filter(({ type }) => type === "fenced-incarnation-spoke").length, 1);
	t.is((await coordinator.machine(machineId)).machine.bootId, young.facts.bootId);
});

test("the coordinator speaks to nobody in a sender's place: foreign reply subjects are counted and not answered", async (t) => {
	const { coordinator, bystander, machineId, nc, good, bad } = await startScene(t);
	const victim = MachineId.parse(bystander.machineId);
	const listener = await connect({
		servers: nc.getServer(),
		authenticator: credsAuthenticator(readFileSync(joinPath(coordinator.dataFolder, "keys/coordinator.creds"))),
	});
	t.teardown(() => listener.close());
	const targets = [
		downSubject(victim, "command"),
		downSubject(victim, "target"),
		`${inboxPrefix(victim)}.1`,
		"_INBOX.somebody.1",
		"rollcall.v1.lead",
		"rollcall.v1.log",
		"$JS.API.STREAM.DELETE.ROLLCALL_EVENTS",
		"$SYS.REQ.CLAIMS.UPDATE",
	];
	const heard: string[] = [];
	for (const target of targets)
		listener.subscribe(target, {
			callback: (_error, message) => {
				// The leader says there that it leads, and records there what it decides.
				const isOwn =
					(target === "rollcall.v1.lead" && message.string().includes("term")) ||
					(target === "rollcall.v1.log" && message.headers?.has("Rollcall-Link"));
				if (!isOwn) heard.push(target);
			},
		});
	await listener.flush();
	const before = await bad("foreign-reply");
	const questions = UP_VERBS.filter((verb) => verb !== "beat");
	for (const reply of targets)
		for (const verb of questions)
			for (const payload of [encode(good[verb]), encode("nonsense")])
				nc.publish(upSubject(machineId, verb), payload, { reply });
	await nc.flush();
	const said = targets.length * questions.length * 2;
	await eventually("all to be counted", async () => (await bad("foreign-reply")) === before + said);
	await listener.flush();
	t.deepEqual(heard, []);
	await bystander.assertCalm(OF_ITS_OWN);
});
