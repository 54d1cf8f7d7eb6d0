import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Account, type ClaimsData, decode } from "@nats-io/jwt";
import { connect, credsAuthenticator } from "@nats-io/transport-node";
import { upSubject } from "@rollcall/protocol";
import { ownFolder } from "@rollcall/test-support/own-folder";
import { ON_THE_BUS } from "@rollcall/test-support/stretch";
import test from "ava";
import { locateServer } from "../../../src/adapters/nats/find-server.ts";
import { openLog } from "../../../src/adapters/nats/log.ts";
import { type ExternalBusOptions, openExternal } from "../../../src/adapters/nats/open-external.ts";
import { connectAgent, eventOf, newAgent, startEmbedded } from "../support/bus.ts";

/** What an operator would hand to a coordinator that uses this bus as an existing cluster. */
function accessTo(bus: { url: string; dataFolder: string }, dataFolder: string): ExternalBusOptions {
	return {
		dataFolder,
		coordinatorId: "coordinator-2",
		wall: Date.now,
		now: Date.now,
		servers: [bus.url],
		credentialsFile: join(bus.dataFolder, "keys/coordinator.creds"),
		accountSeedFile: join(bus.dataFolder, "keys/account.nk"),
		signingSeedFile: join(bus.dataFolder, "keys/assignments.nk"),
	};
}

test("a second coordinator shares log and signatures over an existing bus", async (t) => {
	const first = await startEmbedded(t);
	const second = await openExternal(accessTo(first, ownFolder(t)));
	t.teardown(() => second.close());
	const [mine, theirs] = [await openLog(first.connection), await openLog(second.connection)];
	t.is(await mine.origin(), await theirs.origin());
	await mine.append([eventOf(1)], 0);
	t.is((await theirs.append([eventOf(2)], 1)).position, 2);
	t.deepEqual(second.credentials.signers, first.credentials.signers);
	const agent = newAgent("machine-1");
	const { jwt } = await second.credentials.issue(agent.machineId, agent.bootId, agent.publicKey);
	const nc = await connectAgent(t, first.url, { agent, jwt });
	nc.publish(upSubject(agent.machineId, "beat"), "x");
	await nc.flush();
});

test("with system credentials and the operator's seed an existing cluster cuts revoked agents off, and keeps its other claims", async (t) => {
	const cluster = await startEmbedded(t);
	const keys = join(cluster.dataFolder, "keys");
	const systemCredentialsFile = join(keys, "system.creds");
	const options = { systemCredentialsFile, operatorSeedFile: join(keys, "operator.nk") };
	const bus = await openExternal({ ...accessTo(cluster, ownFolder(t)), ...options });
	t.teardown(() => bus.close());
	const foreign = newAgent("machine-9");
	await cluster.credentials.revoke([foreign.publicKey]);
	const agent = newAgent("machine-1");
	const { jwt } = await bus.credentials.issue(agent.machineId, agent.bootId, agent.publicKey);
	const nc = await connectAgent(t, cluster.url, { agent, jwt });
	await bus.credentials.revoke([agent.publicKey]);
	await nc.closed();
	await t.throwsAsync(connectAgent(t, cluster.url, { agent, jwt }), { message: /authorization/i });
	const system = await connect({
		servers: cluster.url,
		authenticator: credsAuthenticator(readFileSync(systemCredentialsFile)),
	});
	t.teardown(() => system.close());
	const account = decode(readFileSync(join(keys, "coordinator.creds"), "utf8").split("\n")[1] ?? "").iss;
	const answer = await system.request(`$SYS.REQ.ACCOUNT.${account}.CLAIMS.LOOKUP`, undefined, ON_THE_BUS);
	const claims = decode(answer.string()) as ClaimsData<Account>;
	t.is(claims.name, "rollcall");
	t.deepEqual(Object.keys(claims.nats.revocations ?? {}).sort(), [foreign.publicKey, agent.publicKey].sort());
	t.is(claims.nats.limits?.disk_storage, -1);
});

test("without them a revocation only says once that it rests on the coordinator", async (t) => {
	const cluster = await startEmbedded(t);
	const told: string[] = [];
	const bus = await openExternal({
		...accessTo(cluster, ownFolder(t)),
		onStatus: ({ text }) => told.push(text),
	});
	t.teardown(() => bus.close());
	await bus.credentials.revoke([newAgent("machine-1").publicKey]);
	await bus.credentials.revoke([newAgent("machine-2").publicKey]);
	t.is(told.filter((text) => text.includes("until their credentials expire")).length, 1);
});

test("a coordinator waits for a cluster that is not there yet, until it is told to end", async (t) => {
	const cluster = await startEmbedded(t);
	const options = accessTo(cluster, ownFolder(t));
	await cluster.close();
	const ending = new AbortController();
	const waiting = openExternal({ ...options, signal: ending.signal, onStatus: () => ending.abort() });
	await t.throwsAsync(waiting, { message: /cannot be reached/ });
	await t.throwsAsync(openExternal({ ...options, waitSeconds: 0 }), {
		message: /cannot be reached.*look whether a nats-server listens there/,
	});
});

test("a file that is missing or damaged is named", async (t) => {
	const cluster = await startEmbedded(t);
	const folder = ownFolder(t);
	const options = accessTo(cluster, folder);
	const bad = join(folder, "bad");
	await t.throwsAsync(openExternal({ ...options, credentialsFile: bad }), {
		message: new RegExp(`${bad} cannot be read`),
	});
	writeFileSync(bad, "nothing of use");
	await t.throwsAsync(openExternal({ ...options, credentialsFile: bad }), { message: new RegExp(`${bad} holds no`) });
	await t.throwsAsync(openExternal({ ...options, accountSeedFile: bad }), { message: new RegExp(`${bad} is damaged`) });
});

test("the server is found by name, on the path, or where the setup put it; an old one is refused with what to do", async (t) => {
	const folder = ownFolder(t);
	const program = (name: string, version: string): string => {
		const file = join(folder, name);
		writeFileSync(file, `#!/bin/sh\necho "nats-server: v${version}"\n`);
		chmodSync(file, 0o755);
		return file;
	};
	const findServer = async (places: Parameters<typeof locateServer>[0]) => (await locateServer(places)).program;
	const [old, cached] = [program("nats-server", "2.9.10"), program("cached", "2.15.1")];
	t.is(await findServer({ environment: { PATH: folder }, cached }), cached);
	t.is(await findServer({ environment: { PATH: "", ROLLCALL_NATS_SERVER: cached }, cached: "/nowhere" }), cached);
	await t.throwsAsync(findServer({ environment: { PATH: folder }, cached: "/nowhere" }), {
		message: /version 2\.9\.10, too old.*npm run setup/s,
	});
	await t.throwsAsync(findServer({ environment: { ROLLCALL_NATS_SERVER: old }, cached }), {
		message: /ROLLCALL_NATS_SERVER=.* is version 2\.9\.10, too old; set ROLLCALL_NATS_SERVER/,
	});
	await t.throwsAsync(findServer({ environment: { ROLLCALL_NATS_SERVER: "/nowhere" }, cached }), {
		message: /no nats-server that runs here/,
	});
	program("nats-server", "2.10.0");
	t.is(await findServer({ environment: { PATH: folder }, cached }), old);
	const warningOf = async (version: string) => {
		program("nats-server", version);
		return (await locateServer({ environment: { PATH: folder }, cached })).warning;
	};
	for (const version of ["2.10.29", "2.11.99", "2.12.11", "2.13.0", "2.14.2"])
		t.regex((await warningOf(version)) ?? "", /published security holes .*; use 2\.12\.12, 2\.14\.3 or newer/, version);
	for (const version of ["2.12.12", "2.14.3", "2.14.10", "2.15.0", "3.0.0"])
		t.is(await warningOf(version), undefined, version);
});
