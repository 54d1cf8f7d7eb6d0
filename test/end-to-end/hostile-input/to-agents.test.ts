import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createUser } from "@nats-io/nkeys";
import { connect, credsAuthenticator, headers, type MsgHdrs, type NatsConnection } from "@nats-io/transport-node";
import {
	answerSubject,
	Command,
	type CommandAnswer,
	CommandReply,
	downSubject,
	encode,
	MachineId,
	ORDER_HEADER,
	type Problem,
	TargetNotice,
} from "@rollcall/protocol";
import { ownFolder } from "@rollcall/test-support/own-folder";
import fc from "@rollcall/test-support/properties";
import { stretched } from "@rollcall/test-support/stretch";
import test, { type ExecutionContext } from "ava";
import { type Bystander, startBystander } from "../../support/calm.ts";
import { startCoordinator, type TestCoordinator } from "../../support/coordinator.ts";
import { documentText, smallRole } from "../../support/documents.ts";
import { createGate } from "../../support/gate.ts";
import { malformed } from "../../support/hostile-messages.ts";
import { connectAs, join as joinFleet, newIncarnation } from "../../support/incarnation.ts";
import { commandSigner } from "../../support/signed-command.ts";

const enter = createGate(2);
const OTHER_BOOT = "0e6f0a52-0000-4a57-9d3e-30b0f0c8a911";
const DOCUMENT = documentText({
	slots: [{ name: "w", role: "small", count: "rest" }],
	roles: { small: smallRole("one") },
});

interface Scene {
	readonly coordinator: TestCoordinator;
	/** The machine that is spoken to: it must not notice either. */
	readonly spokenTo: Bystander;
	readonly machineId: MachineId;
	readonly bootId: string;
	/** A connection with the coordinator's own rights. */
	readonly nc: NatsConnection;
	/** Sends a command; signed and numbered as the coordinator does it, unless `headers` say otherwise. */
	command(payload: Uint8Array, headers?: MsgHdrs): Promise<CommandReply>;
	sign(payload: Uint8Array, order?: number): MsgHdrs;
}

async function startScene(t: ExecutionContext): Promise<Scene> {
	t.teardown(await enter());
	const coordinator = await startCoordinator(t, { document: DOCUMENT });
	const spokenTo = await startBystander(t, coordinator);
	const machineId = MachineId.parse(spokenTo.machineId);
	const credentials = readFileSync(join(coordinator.dataFolder, "keys/coordinator.creds"));
	const configuration = JSON.parse(readFileSync(join(coordinator.dataFolder, "nats/server.conf"), "utf8"));
	const nc = await connect({
		servers: `tls://127.0.0.1:${(configuration as { port: number }).port}`,
		authenticator: credsAuthenticator(credentials),
	});
	t.teardown(() => nc.close());
	let asked = 0;
	const subject = downSubject(machineId, "command");
	const sign = commandSigner(coordinator.dataFolder);
	const command = async (payload: Uint8Array, headers?: MsgHdrs): Promise<CommandReply> => {
		asked += 1;
		const reply = answerSubject(machineId, `asked-${asked}`);
		const options = { timeout: stretched(10_000), noMux: true, reply, headers: headers ?? sign(subject, payload) };
		return CommandReply.parse((await nc.request(subject, payload, options)).json());
	};
	const { bootId } = (await coordinator.machine(machineId)).machine;
	return {
		coordinator,
		spokenTo,
		machineId,
		bootId,
		nc,
		command,
		sign: (payload, order) => sign(subject, payload, order),
	};
}

test("an agent answers every command that is none with a problem, and does nothing", async (t) => {
	const { spokenTo, bootId, command } = await startScene(t);
	for (const good of [
		{ kind: "reboot", bootId, commandId: "c1" },
		{ kind: "reset", bootId, commandId: "c1" },
		{ kind: "logs", bootId, lines: 10, unit: "small.service" },
	])
		await fc.assert(
			fc.asyncProperty(malformed(Command, good), async (payload) => {
				const reply = await command(payload);
				t.is(reply.kind, "problem");
				if (reply.kind === "problem") t.regex(reply.problem.code, /^(?:bad-request|too-large)$/);
			}),
			{ numRuns: 100 },
		);
	await spokenTo.assertCalm();
});

test("an agent takes no command that its fleet has not signed, and none twice", async (t) => {
	const { spokenTo, coordinator, machineId, bootId, command, sign } = await startScene(t);
	const [reset, ping] = [encode({ kind: "reset", bootId, commandId: "c1" }), encode({ kind: "ping", bootId })];
	const refused = async (payload: Uint8Array, header: MsgHdrs, code: string) =>
		t.like(await command(payload, header), { kind: "problem", problem: { code } });
	await refused(reset, headers(), "unauthorized");
	await refused(reset, sign(ping), "unauthorized");
	const renumbered = sign(reset, 5);
	renumbered.set(ORDER_HEADER, String(Number.MAX_SAFE_INTEGER));
	await refused(reset, renumbered, "unauthorized");
	const other = ownFolder(t);
	mkdirSync(join(other, "keys"));
	writeFileSync(join(other, "keys/assignments.nk"), new TextDecoder().decode(createUser().getSeed()));
	await refused(reset, commandSigner(other)(downSubject(machineId, "command"), reset), "unauthorized");
	const recorded = sign(ping);
	t.is((await command(ping, recorded)).kind, "pong");
	await refused(ping, recorded, "conflict");
	await refused(reset, sign(reset, 5), "conflict");
	const pong = await coordinator.call<CommandAnswer>("POST", `/v1/machines/${machineId}/commands`, { kind: "ping" });
	t.is(pong.reply.kind, "pong", "the fleet's own commands get through, although another number was higher");
	await spokenTo.assertCalm();
});

test("an agent refuses commands for another boot, however often they come", async (t) => {
	const { spokenTo, command } = await startScene(t);
	for (let times = 0; times < 20; times++)
		for (const kind of ["ping", "logs", "reboot", "reset"]) {
			const commandId = kind === "reboot" || kind === "reset" ? { commandId: `c${times}` } : {};
			const reply = await command(encode({ kind, bootId: OTHER_BOOT, ...commandId }));
			t.like(reply, { kind: "problem", problem: { code: "incarnation-fenced" } });
		}
	await spokenTo.assertCalm();
});

test("notices of targets that are not there, and notices that are none, make an agent ask and nothing else", async (t) => {
	const { spokenTo, machineId, nc } = await startScene(t);
	const notice = (payload: Uint8Array) => nc.publish(downSubject(machineId, "target"), payload);
	await fc.assert(
		fc.asyncProperty(malformed(TargetNotice, { generation: 7 }), async (payload) => notice(payload)),
		{ numRuns: 200 },
	);
	for (const generation of [0, 1, 2, 0, Number.MAX_SAFE_INTEGER])
		for (let times = 0; times < 100; times++) notice(encode({ generation }));
	await nc.flush();
	await spokenTo.assertCalm();
});

test("whatever a machine answers to a command, its operator gets a typed answer at once, and others are not kept waiting", async (t) => {
	const { coordinator, spokenTo } = await startScene(t);
	const liar = newIncarnation();
	const reply = await joinFleet(coordinator, liar);
	const nc = await connectAs(t, liar, reply);
	let answer: Uint8Array = new Uint8Array();
	nc.subscribe(downSubject(reply.machineId, "command"), {
		callback: (_error, message) => {
			// Twice: the second answer comes when nobody waits for it any more.
			message.respond(answer);
			message.respond(answer);
		},
	});
	await nc.flush();
	const ping = () => coordinator.request("POST", `/v1/machines/${reply.machineId}/commands`, { kind: "ping" });
	const pong = { kind: "pong", bootId: liar.facts.bootId, generation: 0, uptimeSeconds: 1 };
	await fc.assert(
		fc.asyncProperty(malformed(CommandReply, pong), async (payload) => {
			answer = payload;
			const { status, body } = await ping();
			t.is(status, 504);
			t.regex((body as Problem).message, /answer/);
			t.notRegex((body as Problem).message, /no answer within/);
		}),
		{ numRuns: 60 },
	);
	answer = encode(pong);
	t.is((await ping()).status, 200);
	await spokenTo.assertCalm([
		"change-made",
		"token-created",
		"machine-enrolled",
		"machine-approved",
		"machine-assigned",
		"target-issued",
		"lease-changed",
	]);
});
