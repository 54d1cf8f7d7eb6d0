import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server } from "node:net";
import { join } from "node:path";
import { createUser } from "@nats-io/nkeys";
import { type EnrollReply, type EnrollRequest, enrolledText } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import test, { type ExecutionContext } from "ava";
import { startCoordinator } from "../../support/coordinator.ts";
import { startMachine } from "../../support/machine.ts";

function listen(t: ExecutionContext, server: Server): Promise<number> {
	t.teardown(() => server.close());
	return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)));
}

for (const [what, signs] of [
	["does not sign", false],
	["signs with a key of its own", true],
] as const) {
	test(`an agent that a false coordinator answers, which ${what}, never goes to the bus that it names`, async (t) => {
		let visits = 0;
		const bus = await listen(
			t,
			createTcpServer((socket) => {
				visits += 1;
				socket.destroy();
			}),
		);
		const key = createUser();
		let asked = 0;
		const api = await listen(
			t,
			createServer((request, response) => {
				let text = "";
				request.on("data", (chunk) => {
					text += chunk;
				});
				request.on("end", () => {
					asked += 1;
					const { nonce } = JSON.parse(text) as EnrollRequest;
					const reply = {
						machineId: "victim" as EnrollReply["machineId"],
						jwt: "eyJ0eXAiOiJKV1QifQ.e30.AA",
						servers: [`nats://127.0.0.1:${bus}`],
						signers: [key.getPublicKey()],
						expiresInSeconds: 3600,
					};
					const signature = signs
						? Buffer.from(key.sign(Buffer.from(enrolledText(reply, nonce)))).toString("base64")
						: "AA==";
					response.setHeader("content-type", "application/json").end(JSON.stringify({ ...reply, signature }));
				});
			}),
		);
		const coordinator = await startCoordinator(t);
		const machine = await startMachine(t, coordinator, {
			name: "led-astray",
			coordinatorUrls: [`http://127.0.0.1:${api}`],
		});
		const log = () => readFileSync(join(machine.root, "var/log/agent.log"), "utf8");
		await eventually("word of it", () => /not with a signature of this machine's fleet/.test(log()));
		t.true(asked > 0);
		t.is(visits, 0);
		t.notRegex(log(), /connected/);
	});
}

test("an agent does not join another fleet, although that one's certificate and signatures are good and it gave the token", async (t) => {
	const [own, other] = await Promise.all([startCoordinator(t), startCoordinator(t)]);
	const { signers } = await own.status();
	t.notDeepEqual(signers, (await other.status()).signers);
	const machine = await startMachine(
		t,
		{ ...other, status: () => own.status() },
		{ name: "abducted", token: await other.enrollToken() },
	);
	const log = () => readFileSync(join(machine.root, "var/log/agent.log"), "utf8");
	await eventually("word of it", () => /not with a signature of this machine's fleet/.test(log()));
	t.is((await other.machines()).length, 1, "it trusts the certificate and is let in there, and does not go");
	t.notRegex(log(), /connected/);
	t.not((await other.machines())[0]?.lease, "lost");
	t.is((await other.machines())[0]?.progress, "issued");
});
