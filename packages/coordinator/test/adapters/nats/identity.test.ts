import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { decode } from "@nats-io/jwt";
import { createAccount } from "@nats-io/nkeys";
import { connect } from "@nats-io/transport-node";
import { upSubject } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import { stretchedSeconds } from "@rollcall/test-support/stretch";
import test from "ava";
import { agentJwt } from "../../../src/adapters/nats/credentials.ts";
import { SigningKey } from "../../../src/adapters/nats/signing-key.ts";
import { connectAgent, joinAs, newAgent, startEmbedded } from "../support/bus.ts";

const seedOf = (pair: { getSeed(): Uint8Array }): string => new TextDecoder().decode(pair.getSeed());

test("nobody gets in without a JWT", async (t) => {
	const { url } = await startEmbedded(t);
	await t.throwsAsync(connect({ servers: url, reconnect: false }), { message: /authorization/i });
	await t.throwsAsync(connect({ servers: url, reconnect: false, user: "admin", pass: "admin" }), {
		message: /authorization/i,
	});
	await t.throwsAsync(connect({ servers: url, reconnect: false, token: "secret" }), { message: /authorization/i });
});

test("a JWT of a foreign account does not get in", async (t) => {
	const bus = await startEmbedded(t);
	const agent = newAgent("machine-1");
	const issuer = new SigningKey(seedOf(createAccount()));
	const jwt = await agentJwt(
		{ issuer, accountId: issuer.publicKey, issuedAt: Date.now(), endsAt: Date.now() + 60_000 },
		agent,
	);
	await t.throwsAsync(connectAgent(t, bus.url, { agent, jwt }), { message: /authorization/i });
});

test("a JWT is of no use without the key that it was issued to", async (t) => {
	const bus = await startEmbedded(t);
	const agent = newAgent("machine-1");
	const { jwt } = await bus.credentials.issue(agent.machineId, agent.bootId, agent.publicKey);
	const thief = { ...agent, key: newAgent("machine-1").key };
	await t.throwsAsync(connectAgent(t, bus.url, { agent: thief, jwt }), { message: /authorization/i });
});

test("a connection ends when its JWT expires, and an expired JWT does not get in", async (t) => {
	const lifetimeSeconds = stretchedSeconds(2);
	const bus = await startEmbedded(t, { lifetimeSeconds });
	const agent = newAgent("machine-1");
	const { jwt, expiresInSeconds } = await bus.credentials.issue(agent.machineId, agent.bootId, agent.publicKey);
	t.is(expiresInSeconds, lifetimeSeconds);
	const nc = await connectAgent(t, bus.url, { agent, jwt });
	await nc.closed();
	// It counts in whole seconds: one that expires in this second may still be let in, and is cut off at once.
	const refusal = await eventually("the expired JWT to be refused", () =>
		connectAgent(t, bus.url, { agent, jwt }).then(
			() => undefined,
			(error: Error) => error.message,
		),
	);
	t.regex(refusal, /authori[sz]ation|authentication/i);
});

test("a revocation cuts the open connection, refuses the next one, and leaves others alone", async (t) => {
	const bus = await startEmbedded(t);
	const [fenced, neighbour] = [newAgent("machine-1"), newAgent("machine-2")];
	const { jwt } = await bus.credentials.issue(fenced.machineId, fenced.bootId, fenced.publicKey);
	const nc = await connectAgent(t, bus.url, { agent: fenced, jwt });
	const other = await joinAs(t, bus, neighbour);
	await bus.credentials.revoke([fenced.publicKey]);
	await nc.closed();
	await t.throwsAsync(connectAgent(t, bus.url, { agent: fenced, jwt }), { message: /authorization/i });
	other.publish(upSubject(neighbour.machineId, "beat"), "x");
	await other.flush();
	t.false(other.isClosed());
});

test("a revocation outlives the server's restart and the loss of its store", async (t) => {
	const bus = await startEmbedded(t);
	const agent = newAgent("machine-1");
	const { jwt } = await bus.credentials.issue(agent.machineId, agent.bootId, agent.publicKey);
	await Promise.all([1, 2, 3].map((n) => bus.credentials.revoke([newAgent(`machine-${n}0`).publicKey])));
	await bus.credentials.revoke([agent.publicKey]);
	const before = bus.pid();
	process.kill(before, "SIGKILL");
	await eventually("the server to be started again", () => bus.server?.pid !== undefined && bus.server.pid !== before);
	await t.throwsAsync(connectAgent(t, bus.url, { agent, jwt }), { message: /authorization/i });
	await bus.close();
	rmSync(join(bus.dataFolder, "nats"), { recursive: true });
	const again = await startEmbedded(t, { dataFolder: bus.dataFolder });
	await t.throwsAsync(connectAgent(t, again.url, { agent, jwt }), { message: /authorization/i });
	await joinAs(t, again, newAgent("machine-2"));
	t.pass();
});

test("a signature on an assignment counts only when it is the fleet's own, over exactly this assignment", async (t) => {
	const { credentials } = await startEmbedded(t);
	const agent = newAgent("machine-1");
	const assignment = {
		machineId: agent.machineId,
		bootId: agent.bootId,
		publicKey: agent.publicKey,
		labels: {},
		cluster: "lab",
		slot: "workers",
		seat: 0,
		role: "worker",
		nodeName: "worker-0",
		pinned: false,
		generation: 3,
		digest: `sha256:${"0".repeat(64)}` as never,
	};
	const signed = credentials.sign(assignment);
	t.true(credentials.verify(signed));
	t.true(credentials.verify(JSON.parse(JSON.stringify(signed))));
	t.false(credentials.verify({ ...signed, assignment: { ...assignment, generation: 4 } }));
	t.false(credentials.verify({ ...signed, signature: "" }));
	const first = signed.signature.startsWith("A") ? "B" : "A";
	t.false(credentials.verify({ ...signed, signature: `${first}${signed.signature.slice(1)}` }));
	const stranger = new SigningKey(seedOf(newAgent("x").key));
	t.false(credentials.verify({ ...signed, signer: stranger.publicKey }));
});

test("a credential expires by the coordinator's date, and is issued and revoked by the log's time, whatever the date of the process is", async (t) => {
	const date = Date.parse("2031-02-03T04:05:06Z");
	const bus = await startEmbedded(t, { lifetimeSeconds: 60, wall: () => date, now: () => 1_000_000 });
	const agent = newAgent("machine-1");
	const { jwt } = await bus.credentials.issue(agent.machineId, agent.bootId, agent.publicKey);
	t.is(decode(jwt).exp, date / 1000 + 60);
	t.is(decode(jwt).iat, 1_000);
	await bus.credentials.revoke([agent.publicKey]);
	const kept = JSON.parse(readFileSync(join(bus.dataFolder, "keys/revocations.json"), "utf8"));
	t.deepEqual(kept.revoked, { [agent.publicKey]: 1_000 });
});
