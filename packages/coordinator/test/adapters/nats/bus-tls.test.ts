import { once } from "node:events";
import { statSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect as connectTcp, createServer } from "node:net";
import { join } from "node:path";
import { checkServerIdentity, connect as connectTls } from "node:tls";
import { connect, jwtAuthenticator } from "@nats-io/transport-node";
import { upSubject } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import { ownFolder } from "@rollcall/test-support/own-folder";
import { stretched } from "@rollcall/test-support/stretch";
import test, { type ExecutionContext } from "ava";
import { toCluster } from "../../../src/adapters/nats/bus-tls.ts";
import { openExternal } from "../../../src/adapters/nats/open-external.ts";
import { openListenerAuthority } from "../../../src/adapters/pki/listener-authority.ts";
import { issuePair } from "../../../src/adapters/pki/listener-pair.ts";
import { newAgent, startEmbedded } from "../support/bus.ts";

/** An embedded server with TLS, for a name that nobody connects by; and how to have it show another certificate. */
async function securedBus(t: ExecutionContext, names: readonly string[] = ["127.0.0.1"]) {
	const folder = ownFolder(t);
	const authority = await openListenerAuthority(folder);
	const files = { certificateFile: join(folder, "server.crt"), keyFile: join(folder, "server.key") };
	let current = { certificate: "" };
	const listeners: (() => void)[] = [];
	const replace = async (): Promise<void> => {
		const pair = await issuePair(authority, { names, now: Date.now() });
		writeFileSync(files.keyFile, pair.key, { mode: 0o600 });
		writeFileSync(files.certificateFile, pair.certificate, { mode: 0o600 });
		current = pair;
		for (const listener of listeners) listener();
	};
	await replace();
	const tls = { ...files, current: () => current, onReplaced: (one: () => void) => void listeners.push(one) };
	const bus = await startEmbedded(t, { tls });
	return { bus, authority: authority.certificate, replace, authorityFolder: folder };
}

/** The serial number of the certificate that the server shows to who connects now. */
async function shown(bus: { url: string }, ca: string): Promise<string> {
	const { hostname, port } = new URL(bus.url);
	const socket = connectTcp(Number(port), hostname);
	await once(socket, "data");
	const secured = connectTls({ socket, ca, checkServerIdentity: (_name, cert) => checkServerIdentity(hostname, cert) });
	await once(secured, "secureConnect");
	const { serialNumber } = secured.getPeerCertificate();
	socket.destroy();
	return serialNumber;
}

async function agentOn(
	t: ExecutionContext,
	bus: Awaited<ReturnType<typeof securedBus>>["bus"],
	ca: string,
	servers = [bus.url],
) {
	const agent = newAgent("machine-1");
	const { jwt } = await bus.credentials.issue(agent.machineId, agent.bootId, agent.publicKey);
	const nc = await connect({
		...toCluster(servers, ca),
		servers,
		authenticator: jwtAuthenticator(jwt, agent.key.getSeed()),
		inboxPrefix: `_INBOX_rollcall.${agent.machineId}`,
		timeout: stretched(5_000),
		reconnectTimeWait: 100,
		reconnect: false,
	});
	t.teardown(() => nc.close());
	return { nc, agent };
}

test("the bus speaks TLS alone to who believes its authority, and tells machines so", async (t) => {
	const { bus, authority } = await securedBus(t);
	t.regex(bus.url, /^tls:/);
	t.deepEqual(bus.credentials.servers, [bus.url]);
	const { nc, agent } = await agentOn(t, bus, authority);
	nc.publish(upSubject(agent.machineId, "beat"), "x");
	await nc.flush();
	const other = await openListenerAuthority(ownFolder(t));
	await t.throwsAsync(agentOn(t, bus, other.certificate), { message: /self-signed|unable to|signature/ });
	t.is(statSync(join(bus.dataFolder, "nats/server.conf")).mode & 0o777, 0o600);
});

test("another certificate is shown to new connections, and open ones go on", async (t) => {
	const { bus, authority, replace } = await securedBus(t);
	const { nc, agent } = await agentOn(t, bus, authority);
	const heard: string[] = [];
	bus.connection.nc.subscribe(upSubject(agent.machineId, "beat"), {
		callback: (_error, { data }) => void heard.push(String(data)),
	});
	const before = await shown(bus, authority);
	await replace();
	await eventually("the other certificate", async () => (await shown(bus, authority)) !== before);
	nc.publish(upSubject(agent.machineId, "beat"), "over the old connection");
	await eventually("what it says", () => heard.length > 0);
	t.is(bus.connection.reconnects(), 0);
	t.false(nc.isClosed());
});

test("the coordinator comes back to a server that died with another certificate than the one of its start", async (t) => {
	const { bus, authority, replace } = await securedBus(t, ["coordinator.example.org"]);
	await replace();
	process.kill(bus.pid(), "SIGKILL");
	await eventually("the coordinator's connection", () => bus.connection.reconnects() > 0 && bus.connection.connected());
	await t.throwsAsync(agentOn(t, bus, authority), { message: /altnames|does not match/i }, "it is for another name");
});

test("a server that says it has no TLS gets no credential of who was told tls://", async (t) => {
	const { bus, authority } = await securedBus(t);
	let said = "";
	const falseBus = createServer((socket) => {
		socket.on("error", () => {});
		socket.write(
			'INFO {"server_id":"x","version":"2.15.1","proto":1,"headers":true,"max_payload":1048576,"nonce":"abc"}\r\n',
		);
		socket.on("data", (data) => (said += data));
	});
	t.teardown(() => falseBus.close());
	await once(falseBus.listen(0, "127.0.0.1"), "listening");
	const { port } = falseBus.address() as AddressInfo;
	await t.throwsAsync(agentOn(t, bus, authority, [`tls://127.0.0.1:${port}`]), { message: /does not support 'tls'/ });
	t.is(said, "");
});

test("an existing cluster with TLS is used with its authority's file, and not with another's", async (t) => {
	const { bus, authority } = await securedBus(t);
	const folder = ownFolder(t);
	const authorityFile = join(folder, "ca.pem");
	writeFileSync(authorityFile, authority);
	const keys = join(bus.dataFolder, "keys");
	const access = {
		dataFolder: ownFolder(t),
		coordinatorId: "coordinator-2",
		wall: Date.now,
		now: Date.now,
		servers: [bus.url],
		credentialsFile: join(keys, "coordinator.creds"),
		accountSeedFile: join(keys, "account.nk"),
		systemCredentialsFile: join(keys, "system.creds"),
		operatorSeedFile: join(keys, "operator.nk"),
		waitSeconds: 0,
	};
	const second = await openExternal({ ...access, authorityFile });
	t.teardown(() => second.close());
	t.is(second.authority, authority);
	await second.credentials.revoke([newAgent("machine-2").publicKey]);
	writeFileSync(authorityFile, (await openListenerAuthority(folder)).certificate);
	await t.throwsAsync(openExternal({ ...access, authorityFile }), {
		message: /not by the authority that is believed here/,
	});
	writeFileSync(authorityFile, "nothing");
	await t.throwsAsync(openExternal({ ...access, authorityFile }), { message: /authorityFile .* holds no certificate/ });
});
