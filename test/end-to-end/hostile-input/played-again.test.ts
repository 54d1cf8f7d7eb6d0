import { readFileSync } from "node:fs";
import { join } from "node:path";
import { connect, credsAuthenticator, type Msg } from "@nats-io/transport-node";
import { answerSubject, CommandReply, downSubject, inboxPrefix, MachineId, upSubject } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import { stretched } from "@rollcall/test-support/stretch";
import test from "ava";
import { startCoordinator } from "../../support/coordinator.ts";
import { documentText, smallRole } from "../../support/documents.ts";
import { eventsOf } from "../../support/events.ts";
import { allReady, roleFiles, startMachine } from "../../support/machine.ts";

const DOCUMENT = documentText({
	slots: [{ name: "w", role: "small", count: "rest" }],
	roles: { small: smallRole("one") },
});

test("targets and commands that were recorded in the boot before are refused when they are played to the next one", async (t) => {
	const coordinator = await startCoordinator(t, { document: DOCUMENT });
	const { port } = JSON.parse(readFileSync(join(coordinator.dataFolder, "nats/server.conf"), "utf8"));
	// Whoever controls the bus hears and says everything on it, and has no key of the fleet.
	const nc = await connect({
		servers: `tls://127.0.0.1:${port}`,
		authenticator: credsAuthenticator(readFileSync(join(coordinator.dataFolder, "keys/coordinator.creds"))),
	});
	t.teardown(() => nc.close());
	const [commands, answers]: [Msg[], Msg[]] = [[], []];
	const first = await startMachine(t, coordinator, { name: "twice", mac: "52:54:00:00:77:01" });
	const listed = await eventually("the machine to be known", async () => (await coordinator.machines())[0]);
	const machineId = MachineId.parse(listed.machineId);
	nc.subscribe(downSubject(machineId, "command"), { callback: (_, message) => void commands.push(message) });
	const answered = nc.subscribe(`${inboxPrefix(machineId)}.>`, {
		callback: (_, message) => void answers.push(message),
	});
	await nc.flush();
	await allReady(coordinator, 1);
	const ping = () => coordinator.request("POST", `/v1/machines/${machineId}/commands`, { kind: "ping" });
	t.is((await ping()).status, 200);
	const old = await eventually("an answer with a target", () =>
		answers.find((message) => message.string().includes('"kind":"target"')),
	);
	const second = await first.bootAgain(coordinator);
	await eventually("the next boot to be ready", async () => {
		const [machine] = await coordinator.machines();
		return machine?.phase === "ready" && machine.bootId !== listed.bootId;
	});
	const files = roleFiles(second);
	const before = (await eventsOf(coordinator, "target-issued")).length;
	answered.unsubscribe();

	const [command] = commands;
	if (!command) return t.fail("no command was recorded");
	const payload = command.data.slice();
	const reply = answerSubject(machineId, "played-again");
	const options = { timeout: stretched(10_000), noMux: true, reply, headers: command.headers as never };
	const said = CommandReply.parse((await nc.request(downSubject(machineId, "command"), payload, options)).json());
	t.is(said.kind, "problem");
	t.like(said, { problem: { code: "incarnation-fenced" } });

	// Each question of the new boot gets the old answer first, as it was signed.
	let played = 0;
	nc.subscribe(upSubject(machineId, "hello"), {
		callback: (_, { reply: inbox }) => {
			if (inbox) nc.publish(inbox, old.data, { headers: old.headers as never });
			played += 1;
		},
	});
	nc.publish(downSubject(machineId, "target"), JSON.stringify({ generation: 0 }));
	await eventually("old answers to be played", () => played > 1);
	t.is((await ping()).status, 200);
	t.deepEqual(roleFiles(second), files);
	t.is((await eventsOf(coordinator, "target-issued")).length, before);
	// The agent tells it once it has given up that hello, a moment after the old answer came.
	await eventually("the agent to tell of it", () =>
		/no answer to hello.*not signed by this machine's fleet/.test(
			readFileSync(join(second.root, "var/log/agent.log"), "utf8"),
		),
	);
});
