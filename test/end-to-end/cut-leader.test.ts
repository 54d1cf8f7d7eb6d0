import { writeFileSync } from "node:fs";
import { join as joinPath } from "node:path";
import { encode, HelloReply, upSubject } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import { ownFolder } from "@rollcall/test-support/own-folder";
import { ON_THE_BUS } from "@rollcall/test-support/stretch";
import test, { type ExecutionContext } from "ava";
import { startCoordinator, type TestCoordinator } from "../support/coordinator.ts";
import { documentText } from "../support/documents.ts";
import { startExternalNats } from "../support/external-nats.ts";
import { createGate } from "../support/gate.ts";
import { connectAs, join, newIncarnation } from "../support/incarnation.ts";
import { type Line, openLine } from "../support/line.ts";
import { metric } from "../support/metrics.ts";
import { type Change, startRecordingApi } from "../support/recording-api.ts";

const enter = createGate(1);

/** A round of applying takes a minute and more. */
const OBJECTS = 600;
const CHANGE_MS = 100;
/** Until a round of applying has begun on a computer that has other work. */
const ROUND_DEADLINE_MS = 90_000;

/** Says hello as a real control plane, so that its cluster has an API to look after. */
async function joinControlPlane(t: ExecutionContext, coordinator: TestCoordinator, bus: string): Promise<void> {
	const incarnation = newIncarnation({ rehearsal: false });
	const facts = { ...incarnation.facts, defaultRoute: { nic: "eth0", gateway: "10.146.0.1" } };
	const joined = await join(coordinator, { ...incarnation, facts });
	const connection = await connectAs(t, incarnation, { ...joined, servers: [bus] });
	const hello = { bootId: facts.bootId, publicKey: incarnation.publicKey, facts, generation: 0, renew: false };
	await eventually("a target", async () => {
		const reply = await connection.request(upSubject(joined.machineId, "hello"), encode(hello), ON_THE_BUS);
		return HelloReply.parse(reply.json()).kind === "target";
	});
}

/** The folder of an operator who has so many objects that a round does not end soon. */
function ownManifests(t: ExecutionContext): string {
	const folder = ownFolder(t);
	const one = (index: number): string =>
		JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: `own-${index}`, namespace: "default" } });
	writeFileSync(
		joinPath(folder, "own.yaml"),
		Array.from({ length: OBJECTS }, (_, index) => one(index)).join("\n---\n"),
	);
	return folder;
}

/**
 * Two coordinators on one bus, each over a line that a test cuts. The first one leads, and is in the middle of a round of changes to the cluster; the
 * second one led before it, until it was cut off for a while, and has all at hand that it needs to lead again.
 */
async function startScene(t: ExecutionContext) {
	t.teardown(await enter());
	const nats = await startExternalNats(t);
	const api = await startRecordingApi(t, { authorities: joinPath(nats.keys, "authorities"), changeMs: CHANGE_MS });
	const documentOf = (rule: string): string =>
		documentText({
			slots: [{ name: "control", role: "control-plane", count: 1 }],
			controlPlane: { endpoint: "localhost", port: api.port },
			rules: [{ name: rule, selector: {} }],
		});
	const common = { document: documentOf("all"), manifests: ownManifests(t) };
	const start = async () => {
		const line = await openLine(t, Number(new URL(nats.url).port));
		const servers = [`nats://127.0.0.1:${line.port}`];
		return { line, coordinator: await startCoordinator(t, { ...nats.options({ external: { servers } }), ...common }) };
	};
	const second = await start();
	const first = await start();
	const [a, b] = [first.coordinator, second.coordinator];
	await joinControlPlane(t, b, nats.url);
	const changedBy = (own: string): Change[] => api.changes.filter(({ by }) => by === own);
	const busy = (): string | undefined => api.changes.at(-1)?.by;
	const ofB = await eventually("the second coordinator to change something outside", busy, ROUND_DEADLINE_MS);
	second.line.stall();
	await eventually("the first coordinator to lead", async () => (await a.status()).leader);
	const ofA = await eventually(
		"the first coordinator to change something outside",
		() => busy() !== ofB && busy(),
		ROUND_DEADLINE_MS,
	);
	second.line.mend();
	await follows(b, a);
	await eventually("a long round", () => changedBy(ofA).some(({ what }) => what.includes("/own-")), ROUND_DEADLINE_MS);
	/** Has a coordinator look after the cluster at once, as whatever is declared does. */
	const hurry = async (coordinator: TestCoordinator): Promise<void> =>
		void (await coordinator.request("PUT", "/v1/cluster", { text: documentOf(`all-${Date.now()}`) }));
	return { line: first.line, a, b, changesOfA: () => changedBy(ofA), changesOfB: () => changedBy(ofB), hurry };
}

/** Waits until one coordinator follows another one. */
function follows(one: TestCoordinator, leader: TestCoordinator): Promise<true> {
	return eventually("one to follow the other", async () => {
		const { leader: leads, leaderUrl } = await one.status();
		return !leads && leaderUrl === leader.url;
	});
}

/** Asks a coordinator again and again whether it may act outside, until it is ended. */
function askWhetherItActs(t: ExecutionContext, coordinator: TestCoordinator) {
	const answers: { readonly asked: number; readonly heard: number; readonly acts: boolean }[] = [];
	let goesOn = true;
	t.teardown(() => {
		goesOn = false;
	});
	const asking = (async () => {
		while (goesOn) {
			const asked = performance.now();
			const acts = (await metric(coordinator, "rollcall_acts")) === 1;
			answers.push({ asked, heard: performance.now(), acts });
			await new Promise((resolve) => setTimeout(resolve, 50));
		}
	})();
	return {
		answers,
		end: async (): Promise<void> => {
			goesOn = false;
			await asking;
		},
	};
}

/** How long it takes until something is true, in milliseconds. */
async function howLong(what: string, holds: () => Promise<boolean>): Promise<number> {
	const begun = performance.now();
	await eventually(what, holds);
	return performance.now() - begun;
}

const CUTS: readonly { readonly how: string; readonly cut: (line: Line) => void }[] = [
	{ how: "from whom nothing flows any more", cut: (line) => line.stall() },
	{ how: "whose connections are reset", cut: (line) => line.cut() },
];

for (const { how, cut } of CUTS)
	test(`a leader ${how} says soon that it does not lead, and begins nothing outside after the first thing that its successor does there`, async (t) => {
		const { line, a, b, changesOfA, changesOfB, hurry } = await startScene(t);
		const elections = async (): Promise<number> =>
			(await b.events()).filter(({ type }) => type === "leader-elected").length;
		const [electionsBefore, changesBefore] = [await elections(), changesOfB().length];
		const [asA, asB] = [askWhetherItActs(t, a), askWhetherItActs(t, b)];
		// The log has just confirmed its lead, so it holds for as long as it may.
		await a.enrollToken();
		cut(line);
		const cutAt = performance.now();
		const takeOver = async (): Promise<number> => {
			const ms = await howLong("the other one to lead", async () => (await b.status()).leader);
			// Once only: each declaration begins the round anew.
			await eventually("the successor to act", async () => (await metric(b, "rollcall_acts")) === 1);
			await hurry(b);
			await eventually(
				"the successor to change something outside",
				() => changesOfB().length >= changesBefore + 5,
				ROUND_DEADLINE_MS,
			);
			return ms;
		};
		const [ended, unready, taken] = await Promise.all([
			howLong("the one that is cut off not to lead", async () => !(await a.status()).leader),
			howLong(
				"the one that is cut off not to be ready",
				async () => (await a.request("GET", "/readyz")).status === 503,
			),
			takeOver(),
		]);
		await Promise.all([asA.end(), asB.end()]);
		const actedUntil = Math.max(...asA.answers.flatMap(({ acts, asked }) => (acts ? asked : [])));
		const actsFrom = Math.min(...asB.answers.flatMap(({ acts, heard }) => (acts ? heard : [])));
		t.log(`acted until ${actedUntil - cutAt} ms at least; the successor acts from ${actsFrom - cutAt} ms at most`);
		t.true(actedUntil < actsFrom, `two might act outside for ${actedUntil - actsFrom} ms`);
		const [last, first] = [changesOfA().at(-1)?.at ?? 0, changesOfB()[changesBefore]?.at ?? 0];
		t.log(
			`cut off: last change after ${last - cutAt} ms; the successor leads after ${taken} ms, and its first change is after ${first - cutAt} ms`,
		);
		t.log(`it led for ${ended} ms, and was ready for ${unready} ms`);
		t.true(last < first, `the successor began ${last - first} ms before the last change of the one that was cut off`);

		const done = changesOfA().length;
		line.mend();
		await follows(a, b);
		const more = changesOfB().length + 5;
		await eventually("the successor to go on", () => changesOfB().length >= more);
		t.is(changesOfA().length, done);
		t.true((await b.status()).leader);
		t.is(await elections(), electionsBefore + 1);
	});
