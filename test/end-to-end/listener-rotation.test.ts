import { readFileSync } from "node:fs";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { connect, credsAuthenticator, headers, type MsgHdrs } from "@nats-io/transport-node";
import {
	answerSubject,
	type CertificateList,
	CommandReply,
	downSubject,
	encode,
	type MachineDetail,
	type RotateReply,
	type RotationView,
	type Why,
} from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import { freePort } from "@rollcall/test-support/free-port";
import { ownFolder } from "@rollcall/test-support/own-folder";
import { stretched } from "@rollcall/test-support/stretch";
import test, { type ExecutionContext } from "ava";
import { newOperator } from "../support/cli.ts";
import { asAdmin, startCoordinator, type TestCoordinator, trust } from "../support/coordinator.ts";
import { startExternalNats } from "../support/external-nats.ts";
import { createGate } from "../support/gate.ts";
import { allReady, startMachine } from "../support/machine.ts";
import { commandSigner } from "../support/signed-command.ts";
import { allAnswer, everLost } from "../support/standing.ts";

const enter = createGate(1);
/** HTTPS, and a bus with TLS, with certificates by the fleet's own authority. */
const OWN = {};

const authorities = ({ dataFolder }: TestCoordinator): string[] =>
	readFileSync(join(dataFolder, "tls/authority.crt"), "utf8").match(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----\n/g) ??
	[];

const rotate = (coordinator: TestCoordinator, force = false): Promise<RotateReply> =>
	coordinator.call("POST", "/v1/certificates/rotate", { what: "listeners", force });

async function standing(coordinator: TestCoordinator): Promise<RotationView | undefined> {
	const { rotations } = await coordinator.call<CertificateList>("GET", "/v1/certificates");
	return rotations.find(({ what }) => what === "listeners");
}

/** Waits until all live machines have confirmed the new authority. */
const confirmed = (coordinator: TestCoordinator, machines: number): Promise<unknown> =>
	eventually("machines that have confirmed", async () => {
		const { live, confirmed: said } = (await standing(coordinator))?.machines ?? {};
		return live === machines && said === machines;
	});

/** Whether who believes this authority alone is let in by the API. */
function lets(url: string, ca: string | undefined): Promise<boolean> {
	const { hostname, port } = new URL(url);
	return new Promise((resolve) => {
		const socket = connectTls({ host: hostname, port: Number(port), ca: ca ?? "" }, () => {
			resolve(true);
			socket.destroy();
		});
		socket.once("error", () => resolve(false));
	});
}

async function oneMachine(t: ExecutionContext, coordinator: TestCoordinator, name: string) {
	const machine = await startMachine(t, coordinator, { name, rejoinAfter: 2 });
	const [ready] = await allReady(coordinator, 1);
	return { machine, machineId: ready?.machineId ?? "" };
}

test("the authority of the listeners changes in three steps while a machine and an operator's watch are connected; the machine comes back to what only the new one signs, also with a restarted agent", async (t) => {
	t.teardown(await enter());
	const coordinator = await startCoordinator(t, { tls: OWN });
	const { machine, machineId } = await oneMachine(t, coordinator, "living");
	const operator = newOperator(t);
	const watching = operator.start("watch", "--since", "0", ...asAdmin(coordinator));
	await eventually("what it watches", () => /machine-enrolled/.test(watching.output()), 60_000);
	t.like(await standing(coordinator), { next: "prepare" });
	const [old] = authorities(coordinator);

	const where = ["--server", coordinator.url, "--token-file", join(coordinator.dataFolder, "admin-token")];
	const [, fingerprint = ""] = /"fingerprint":"(sha256:[0-9a-f]{64})"/.exec(coordinator.process.output()) ?? [];
	for (const name of ["used", "idle"])
		t.is((await operator.rollcall("context", "add", name, ...where, "--fingerprint", fingerprint)).code, 0);

	t.is((await rotate(coordinator)).done, "prepare");
	await confirmed(coordinator, 1);
	t.regex((await coordinator.status()).listeners ?? "", /1 of 1 live machines have confirmed/);
	await eventually("both are told", () => authorities(coordinator).length === 2);
	const [, fresh] = authorities(coordinator);
	t.deepEqual([await lets(coordinator.url, old), await lets(coordinator.url, fresh)], [true, false]);

	const introduced = await operator.rollcall("certs", "--context", "used");
	t.is(introduced.code, 0, introduced.stderr);
	t.regex(introduced.stderr, /context used believes sha256:[0-9a-f]{64} and sha256:[0-9a-f]{64} from now on/);
	t.regex(introduced.stdout, /listeners: 1 of 1 live machines have confirmed the new authority; next: sign/);
	t.is((await operator.rollcall("machines", "--context", "used")).stderr, "", "nothing is new");

	t.is((await rotate(coordinator)).done, "sign");
	await eventually("the switch", () => lets(coordinator.url, fresh));
	t.true(await lets(coordinator.url, old));

	t.is((await rotate(coordinator)).done, "finish");
	await eventually("the old one is forgotten", async () => !(await lets(coordinator.url, old)));
	t.deepEqual(authorities(coordinator), [fresh]);
	trust(fresh ?? "");
	t.like(await standing(coordinator), { what: "listeners", next: "prepare" });
	const after = await operator.rollcall("status", "--context", "used");
	t.is(after.code, 0, after.stderr);
	t.regex(after.stderr, /context used believes sha256:[0-9a-f]{64} from now on/);
	const idle = await operator.rollcall("status", "--context", "idle");
	t.is(idle.code, 3);
	t.regex(idle.stderr, /context remove/);
	t.notRegex(watching.output(), /interrupted|again/);
	await eventually("the end of it is watched", () => /listeners: finish/.test(watching.output()));
	t.deepEqual(everLost(await coordinator.events()), []);

	const agent = machine.agentPid();
	process.kill(coordinator.natsPid(), "SIGKILL");
	await eventually("the bus is cut off", () => /disconnected; what runs goes on/.test(machine.process.output()));
	await allAnswer(coordinator, [machineId]);
	t.is(machine.agentPid(), agent);
	process.kill(agent ?? 0, "SIGKILL");
	await eventually("another agent", () => ![undefined, agent].includes(machine.agentPid()));
	await eventually("an answer of it", async () => {
		const path = `/v1/machines/${machineId}/commands`;
		return (await coordinator.request("POST", path, { kind: "ping" })).status === 200;
	});
	const events = await coordinator.events();
	t.is(events.filter(({ type }) => type === "listeners-changed").length, 3);
	t.is(events.filter(({ type }) => type === "machine-enrolled").length, 1);
	const made = events.filter(({ type }) => type === "change-made").map((event) => JSON.stringify(event));
	t.is(made.filter((text) => text.includes("/v1/certificates/rotate")).length, 3);
});

test("a coordinator that is killed in each step goes on with it, and the machine is never asked to enroll with a new boot", async (t) => {
	t.teardown(await enter());
	let coordinator = await startCoordinator(t, { tls: OWN });
	const { machineId } = await oneMachine(t, coordinator, "through-it");
	for (const step of ["prepare", "sign", "finish"] as const) {
		t.is((await rotate(coordinator)).done, step);
		coordinator = await coordinator.restart({ signal: "SIGKILL" });
		if (step !== "finish") await confirmed(coordinator, 1);
		await eventually("the machine answers", async () => {
			const path = `/v1/machines/${machineId}/commands`;
			return (await coordinator.request("POST", path, { kind: "ping" })).status === 200;
		});
	}
	await eventually("one authority is left", () => authorities(coordinator).length === 1);
	// What is written is served a moment later.
	await eventually("the API is served under it", () => lets(coordinator.url, authorities(coordinator)[0]));
	const boots = (await coordinator.events()).flatMap((event) =>
		event.type === "machine-enrolled" ? [event.bootId] : [],
	);
	t.is(new Set(boots).size, 1);
});

test("a machine that was away comes back after the switch; one that was away to the end has to boot anew, and why says so", async (t) => {
	t.teardown(await enter());
	let coordinator = await startCoordinator(t, { tls: OWN });
	const { machine, machineId } = await oneMachine(t, coordinator, "away");
	const agent = machine.agentPid() ?? 0;
	const isLost = async () => (await coordinator.machine(machineId)).machine.phase === "lost";
	t.teardown(() => {
		try {
			process.kill(agent, "SIGCONT");
		} catch {
			// It ended.
		}
	});
	process.kill(agent, "SIGSTOP");
	t.is((await rotate(coordinator)).done, "prepare");
	const early = await coordinator.request("POST", "/v1/certificates/rotate", { what: "listeners" });
	t.is(early.status, 409);
	t.like(early.body, { code: "conflict", machineId });
	await eventually("the machine is lost", isLost, 60_000);
	t.is((await rotate(coordinator)).done, "sign");
	coordinator = await coordinator.restart();
	process.kill(agent, "SIGCONT");
	await confirmed(coordinator, 1);
	await allReady(coordinator, 1);

	t.is((await rotate(coordinator)).done, "finish");
	await eventually("one authority", () => authorities(coordinator).length === 1);
	const [fresh = ""] = authorities(coordinator);
	trust(fresh);
	await eventually("the machine has forgotten the old one too", async () => {
		const told = (await coordinator.events()).filter(({ type }) => type === "listeners-believed");
		return told.length >= 2;
	});
	process.kill(agent, "SIGSTOP");
	await eventually("the machine is lost again", isLost, 60_000);
	for (const step of ["prepare", "sign", "finish"] as const) t.is((await rotate(coordinator)).done, step);
	await eventually("the next one alone", () => {
		const [only, more] = authorities(coordinator);
		return only !== fresh && more === undefined;
	});
	trust(authorities(coordinator)[0] ?? "");
	coordinator = await coordinator.restart();
	process.kill(agent, "SIGCONT");
	await eventually("the agent refuses whom it does not know", () =>
		/is not believed: its certificate is not by the authority .*boot the machine anew/.test(machine.process.output()),
	);
	const why = await coordinator.call<Why>("GET", `/v1/machines/${machineId}/why`);
	t.regex(why.reason, /never said that it believes the listeners' new authority/);
	t.regex(why.next ?? "", /boot it anew/);
	const again = await machine.bootAgain(coordinator);
	await allReady(coordinator, 1);
	t.truthy(again.agentPid());
});

test("authorities that the fleet's key did not sign are refused, and the machine goes on with those that it has", async (t) => {
	t.teardown(await enter());
	const natsPort = await freePort();
	const coordinator = await startCoordinator(t, { tls: OWN, natsPort });
	const { machineId } = await oneMachine(t, coordinator, "believing");
	const other = await startCoordinator(t, { tls: OWN });
	const { machine } = await coordinator.call<MachineDetail>("GET", `/v1/machines/${machineId}`);
	const bus = await connect({
		servers: `tls://127.0.0.1:${natsPort}`,
		tls: { ca: coordinator.authority?.pem ?? "" },
		authenticator: credsAuthenticator(readFileSync(join(coordinator.dataFolder, "keys/coordinator.creds"))),
	});
	t.teardown(() => bus.close());
	const subject = downSubject(machine.machineId, "command");
	const command = (authority: string) => encode({ kind: "believe", bootId: machine.bootId, authority });
	let asked = 0;
	const say = async (payload: Uint8Array, signed: MsgHdrs) => {
		const reply = answerSubject(machine.machineId, `asked-${++asked}`);
		const options = { timeout: stretched(10_000), noMux: true, reply, headers: signed };
		return CommandReply.parse((await bus.request(subject, payload, options)).json());
	};
	const [foreign, own, nobody] = [other.authority?.pem ?? "", coordinator.authority?.pem ?? "", "nobody"].map(command);
	if (!foreign || !own || !nobody) return t.fail("no authority");
	const right = commandSigner(coordinator.dataFolder);
	const refused = { kind: "problem", problem: { code: "unauthorized" } };
	t.like(await say(foreign, headers()), refused);
	t.like(await say(foreign, commandSigner(other.dataFolder)(subject, foreign)), refused);
	t.like(await say(foreign, right(subject, own)), refused);
	t.like(await say(nobody, right(subject, nobody)), { kind: "problem", problem: { code: "bad-request" } });
	t.like(await say(own, right(subject, own)), { kind: "accepted" });
	process.kill(coordinator.natsPid(), "SIGKILL");
	await eventually("the machine still believes its coordinator", async () => {
		const path = `/v1/machines/${machineId}/commands`;
		return (await coordinator.request("POST", path, { kind: "ping" })).status === 200;
	});
});

test("two coordinators change together, and whoever takes over in the middle goes on", async (t) => {
	t.teardown(await enter());
	const nats = await startExternalNats(t);
	const authorityFolder = ownFolder(t);
	const options = { ...nats.options(), tls: OWN, authorityFolder };
	const a = await startCoordinator(t, options);
	const b = await startCoordinator(t, { ...options, dataFolder: ownFolder(t) });
	const machine = await startMachine(t, a, { name: "of-two", coordinatorUrls: [a.url, b.url], rejoinAfter: 2 });
	await allReady(a, 1);
	const [old] = authorities(a);
	t.is((await rotate(a)).done, "prepare");
	await confirmed(a, 1);
	t.is((await rotate(a)).done, "sign");
	const fresh = authorities(a)[1];
	for (const { url } of [a, b]) await eventually(`the switch of ${url}`, () => lets(url, fresh));
	await a.process.end("SIGKILL");
	await eventually("the other one leads", async () => (await b.status()).leader);
	t.like(await standing(b), { next: "finish", machines: { live: 1, confirmed: 1 } });
	await eventually("it may act", async () => {
		const { status } = await b.request("POST", "/v1/certificates/rotate", { what: "listeners" });
		return status === 200;
	});
	await eventually("the old one is forgotten", async () => !(await lets(b.url, old)));
	trust(fresh ?? "");
	const again = await a.restart();
	t.deepEqual([await lets(again.url, old), await lets(again.url, fresh)], [false, true]);
	t.truthy(machine.agentPid());
	await allReady(b, 1);
});

test("a fleet whose listeners have a given certificate is told where that is replaced", async (t) => {
	t.teardown(await enter());
	const coordinator = await startCoordinator(t, { tls: "off" });
	const { status, body } = await coordinator.request("POST", "/v1/certificates/rotate", { what: "listeners" });
	t.is(status, 409);
	t.regex(JSON.stringify(body), /no authority of the fleet's own.*tls\.certificateFile/);
});
