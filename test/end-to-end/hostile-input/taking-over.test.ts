import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { upSubject } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import { ownFolder } from "@rollcall/test-support/own-folder";
import { stretched } from "@rollcall/test-support/stretch";
import test, { type ExecutionContext } from "ava";
import { ask, bootDocument, ignitionFiles, ignitionUrl, writeAgentProgram } from "../../support/boot.ts";
import { startCoordinator, type TestCoordinator } from "../../support/coordinator.ts";
import { documentText } from "../../support/documents.ts";
import { eventsOf } from "../../support/events.ts";
import { connectAs, enroll, join as joinFleet, newIncarnation } from "../../support/incarnation.ts";
import { allReady, startMachine } from "../../support/machine.ts";

const VICTIM = { mac: "52:54:00:a1:9c:11", uuid: "4c4c4544-0000-2010-8020-b1c04f4d3311", serial: "SN-4711-V" };

/** A fleet that machines boot into, with a live control plane that somebody wants to become. */
async function startVictim(t: ExecutionContext) {
	const folder = ownFolder(t);
	const document = join(folder, "boot.yaml");
	writeFileSync(document, bootDocument("all"));
	const agent = writeAgentProgram(folder);
	const coordinator = await startCoordinator(t, { boot: { port: 0, document, agent: agent.file } });
	await startMachine(t, coordinator, { name: "victim", ...VICTIM });
	const [victim] = await allReady(coordinator, 1);
	if (!victim) throw new Error("no victim");
	return { coordinator, victim };
}

/** What anybody on the boot network gets for a MAC: the token that lets one machine enroll. */
async function anonymousToken(coordinator: TestCoordinator, mac: string): Promise<string> {
	const script = await ask(`${coordinator.bootUrl}/ipxe?mac=${mac}`);
	const files = await ignitionFiles((await ask(ignitionUrl(script.text))).text);
	const token = [...files].find(([path]) => path.endsWith("enroll-token"))?.[1];
	if (!token) throw new Error("no token");
	return token.toString().trim();
}

for (const [what, bootMac, claims] of [
	["knows its MAC alone", VICTIM.mac, { mac: VICTIM.mac }],
	["knows its MAC and UUID", VICTIM.mac, { mac: VICTIM.mac, uuid: VICTIM.uuid }],
	["boots with a MAC of its own and names the other's in its facts", "52:54:00:66:66:66", { mac: VICTIM.mac }],
] as const) {
	test(`a stranger on the boot network who ${what} does not become the live control plane`, async (t) => {
		const { coordinator, victim } = await startVictim(t);
		const thief = newIncarnation({ ...claims });
		if (bootMac !== VICTIM.mac) thief.facts.nics.push({ name: "eth1", mac: bootMac as never, up: true, addresses: [] });
		const answer = await enroll(coordinator, thief, { token: await anonymousToken(coordinator, bootMac) });
		if (answer.ok) t.not(answer.reply.machineId, victim.machineId);
		else t.like(answer, { status: 503, problem: { code: "boot-waits" } });
		const { machine } = await coordinator.machine(victim.machineId);
		t.like(machine, { phase: "ready", bootId: victim.bootId, generation: victim.generation, slot: "control-plane" });
		t.deepEqual(await eventsOf(coordinator, "incarnation-fenced"), []);
		if (!answer.ok) {
			t.is(machine.held.length, 1);
			t.regex(machine.reason, /says that it is this machine and waits/);
			t.is((await eventsOf(coordinator, "boot-held")).length, 1);
		}
	});
}

test("a worker that names a declared machine's MAC in its hello stays a worker", async (t) => {
	const boss = "52:54:00:a1:9c:77";
	const coordinator = await startCoordinator(t, {
		document: documentText({
			machines: [{ mac: boss, labels: { place: "door" } }],
			slots: [
				{ name: "cp", role: "control-plane", count: 1, grade: "claimed", selector: { labels: { place: "door" } } },
				{ name: "w", role: "worker", count: "rest" },
			],
		}),
	});
	const worker = newIncarnation();
	const reply = await joinFleet(coordinator, worker);
	const nc = await connectAs(t, worker, reply);
	const hello = { bootId: worker.facts.bootId, publicKey: worker.publicKey, generation: 0, renew: false };
	const say = async (facts: object) =>
		(
			await nc.request(upSubject(reply.machineId, "hello"), JSON.stringify({ ...hello, facts }), {
				timeout: stretched(10_000),
			})
		).json<{
			kind: string;
		}>();
	const nics = [...worker.facts.nics, { name: "eth1", mac: boss, up: false, addresses: [] }];
	await say({ ...worker.facts, nics });
	await eventually("the facts to be known", async () =>
		(await coordinator.machine(reply.machineId)).facts.nics.length === 2 ? true : undefined,
	);
	await say({ ...worker.facts, nics });
	const { machine } = await coordinator.machine(reply.machineId);
	t.like(machine, { slot: "w", labels: {} });
});
