import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Auth, connect, jwtAuthenticator } from "@nats-io/transport-node";
import { inboxPrefix } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import { ownFolder } from "@rollcall/test-support/own-folder";
import { stretched } from "@rollcall/test-support/stretch";
import { tied } from "@rollcall/test-support/tied";
import test, { type ExecutionContext } from "ava";
import { openLog } from "../../../src/adapters/nats/log.ts";
import { openEmbedded } from "../../../src/adapters/nats/open-embedded.ts";
import { eventOf, newAgent, startEmbedded } from "../support/bus.ts";

const stub = fileURLToPath(new URL("../support/coordinator-stub.ts", import.meta.url));

function lives(pid: number): boolean {
	try {
		return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
	} catch {
		return false;
	}
}

async function startStub(t: ExecutionContext, dataFolder: string) {
	const child = spawn(...tied(process.execPath, [stub, dataFolder]), { stdio: ["ignore", "pipe", "inherit"] });
	t.teardown(() => child.kill("SIGKILL"));
	const [line] = (await once(child.stdout, "data")) as [Buffer];
	return { child, ...(JSON.parse(line.toString()) as { url: string; pid: number }) };
}

test("a server that is killed is started again on the same port, with what was stored", async (t) => {
	const reasons: string[] = [];
	const bus = await startEmbedded(t, { onExit: ({ reason }) => reasons.push(reason) });
	const log = await openLog(bus.connection);
	await log.append([eventOf(1)], 0);
	const origin = await log.origin();
	const before = bus.pid();
	process.kill(before, "SIGKILL");
	await eventually("the server to be started again", () => bus.server?.pid !== undefined && bus.server.pid !== before);
	await eventually("the coordinator to be connected again", () => bus.connection.connected());
	t.is(bus.server?.url, bus.url);
	t.is(await eventually("the log to answer", () => log.origin().catch(() => undefined)), origin);
	t.is((await log.get(1))?.events.length, 1);
	t.deepEqual(reasons, ["nats-server ended with exit code 137"]);
});

test("a client that a busy computer keeps from saying who it is for some seconds gets in", async (t) => {
	const bus = await startEmbedded(t);
	const agent = newAgent("machine-1");
	const { jwt } = await bus.credentials.issue(agent.machineId, agent.bootId, agent.publicKey);
	const sign = jwtAuthenticator(jwt, agent.key.getSeed());
	const busy = (nonce?: string): Auth => {
		// Nothing else in this process goes on meanwhile, as when it has no processor.
		Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3_000);
		return sign(nonce);
	};
	const nc = await connect({
		servers: bus.url,
		authenticator: busy,
		inboxPrefix: inboxPrefix(agent.machineId),
		timeout: stretched(20_000),
		reconnect: false,
	});
	t.teardown(() => nc.close());
	await nc.flush();
	t.false(nc.isClosed());
});

test("a server whose store is deleted while it is down begins with an empty one", async (t) => {
	const first = await startEmbedded(t);
	await (await openLog(first.connection)).append([eventOf(1)], 0);
	await first.close();
	rmSync(join(first.dataFolder, "nats"), { recursive: true });
	const again = await startEmbedded(t, { dataFolder: first.dataFolder });
	t.is((await (await openLog(again.connection)).append([eventOf(1)], 0)).position, 1);
});

test("a coordinator that is killed takes its server along", async (t) => {
	const { child, pid } = await startStub(t, ownFolder(t));
	t.true(lives(pid));
	child.kill("SIGKILL");
	await eventually("the server to end", () => !lives(pid));
	t.pass();
});

test("a coordinator that is killed and started at once never has two servers on one store", async (t) => {
	const dataFolder = ownFolder(t);
	const first = await startStub(t, dataFolder);
	// A server that hangs takes its time to end.
	process.kill(first.pid, "SIGSTOP");
	first.child.kill("SIGKILL");
	const second = await startStub(t, dataFolder);
	t.not(second.pid, first.pid);
	t.false(lives(first.pid));
	t.true(lives(second.pid));
	second.child.kill("SIGKILL");
	await eventually("the second server to end", () => !lives(second.pid));
});

test("a server whose tether is killed is replaced by exactly one other", async (t) => {
	const bus = await startEmbedded(t);
	const before = bus.pid();
	const tether = Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${before}/status`, "utf8"))?.[1]);
	process.kill(tether, "SIGKILL");
	await eventually("another server", () => bus.server?.pid !== undefined && bus.server.pid !== before);
	t.false(lives(before));
});

test("stopping ends the server and leaves nothing behind", async (t) => {
	const bus = await startEmbedded(t);
	const pid = bus.pid();
	await bus.close();
	t.false(lives(pid));
	t.is(bus.server?.pid, undefined);
	await bus.close();
});

test("keys, configuration and store are for the owner alone", async (t) => {
	const { dataFolder } = await startEmbedded(t);
	const modeOf = (name: string): string => (statSync(join(dataFolder, name)).mode & 0o777).toString(8);
	t.is(modeOf("keys"), "700");
	t.is(modeOf("nats"), "700");
	for (const key of ["operator", "system", "account", "coordinator", "assignments"])
		t.is(modeOf(`keys/${key}.nk`), "600", key);
	t.is(modeOf("keys/coordinator.creds"), "600");
	t.is(modeOf("keys/system.creds"), "600");
	t.is(modeOf("nats/server.conf"), "600");
});

test("the configuration opens one listener, on the loopback, and writes through to the disk", async (t) => {
	const { dataFolder } = await startEmbedded(t);
	const config = JSON.parse(readFileSync(join(dataFolder, "nats/server.conf"), "utf8")) as Record<string, unknown>;
	t.is(config.host, "127.0.0.1");
	t.like(config, { jetstream: { sync_interval: "always" }, max_payload: 1024 * 1024 });
	for (const listener of [
		"http",
		"http_port",
		"https",
		"websocket",
		"mqtt",
		"leafnodes",
		"cluster",
		"gateway",
		"no_auth_user",
	])
		t.false(listener in config, listener);
	t.notRegex(JSON.stringify(config), /"S[OAU][A-Z2-7]{56}/, "no seed in the configuration");
});

test("a port that is taken is named in the error", async (t) => {
	const squatter = createServer().listen(0, "127.0.0.1");
	await once(squatter, "listening");
	t.teardown(() => squatter.close());
	const { port } = squatter.address() as { port: number };
	await t.throwsAsync(
		openEmbedded({ dataFolder: ownFolder(t), coordinatorId: "c", wall: Date.now, now: Date.now, port }),
		{
			message: new RegExp(`did not start.*${port}.*address already in use.*choose another port`, "s"),
		},
	);
});

test("a program that is missing or fails is an error with what it said", async (t) => {
	const dataFolder = ownFolder(t);
	await t.throwsAsync(
		openEmbedded({ dataFolder, coordinatorId: "c", wall: Date.now, now: Date.now, binary: "/nowhere/nats-server" }),
		{
			message: /did not start \(exit code 127\)/,
		},
	);
	const broken = join(dataFolder, "nats-server");
	writeFileSync(broken, '#!/bin/sh\necho "[1] [FTL] disk: no space left on device" >&2\nexit 1\n');
	chmodSync(broken, 0o755);
	await t.throwsAsync(openEmbedded({ dataFolder, coordinatorId: "c", wall: Date.now, now: Date.now, binary: broken }), {
		message: /no space left on device; the disk is full/,
	});
});
