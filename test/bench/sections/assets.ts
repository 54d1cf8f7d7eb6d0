import { execFileSync } from "node:child_process";
import { randomFillSync } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Assets } from "@rollcall/coordinator/trials";
import { run } from "@rollcall/test-support/running";
import { coordinatorProgram, repository } from "../../support/places.ts";
import { joinHosts, type Wire } from "../boot/namespaces.ts";
import { startNginx } from "../boot/nginx.ts";
import type { Cleanup } from "../cleanup.ts";
import type { Context, Section } from "../context.ts";
import { rounded } from "../numbers.ts";
import { costOf } from "../process-cost.ts";

const MIB = 1024 * 1024;
const GIGABIT = 1_000_000_000;
const CLIENTS = 50;
const BOOT_PORT = 7480;
const NGINX_PORT = 7481;
const BOOT_PATH = "/assets/bench/file";
const READY_WITHIN_MS = 60_000;

interface Downloads {
	readonly seconds: number;
	readonly bytesPerSecond: number;
	/** Slowest client to fastest. */
	readonly spread: number;
}

/** Readers that take nothing: fewer than the connections of one address that a boot listener keeps (256). */
const STALLED = 200;

/** The boot listener's downloads beside nginx: over a wire of 1 Gbit/s, and as fast as they go; and their memory. */
export const assets: Section = async (context) => {
	const { quick, cleanup, say } = context;
	const sizeBytes = (quick ? 4 : 20) * MIB;
	const wire = joinHosts(cleanup);
	const folder = context.folder("assets");
	const content = randomFillSync(Buffer.allocUnsafe(sizeBytes));
	mkdirSync(join(folder, "files"));
	writeFileSync(join(folder, "files/file"), content);
	await (await Assets.open(join(folder, "data/assets"))).add({
		name: "bench/file",
		source: { file: join(folder, "files/file") },
		expect: {},
	});
	const pid = await startListener(cleanup, { folder, wire });
	startNginx(cleanup, { folder, files: join(folder, "files"), port: NGINX_PORT, host: wire.onServer });
	await untilServed(wire, NGINX_PORT, "/file");

	const measure = (host: readonly string[], port: number, path: string): Downloads => download(wire, host, port, path);
	wire.shape(GIGABIT);
	say(`${CLIENTS} clients, ${sizeBytes / MIB} MiB each, over 1 Gbit/s`);
	const shaped = {
		nginx: measure(wire.onClient, NGINX_PORT, "/file"),
		rollcall: measure(wire.onClient, BOOT_PORT, BOOT_PATH),
	};
	wire.shape(undefined);
	say("the same without a wire");
	const unshaped = {
		nginx: measure(wire.onServer, NGINX_PORT, "/file"),
		rollcall: measure(wire.onServer, BOOT_PORT, BOOT_PATH),
	};
	say("readers that do not read");
	return {
		clients: CLIENTS,
		bytesEach: sizeBytes,
		gigabitWire: {
			...shaped,
			timeToNginx: rounded(shaped.rollcall.seconds / shaped.nginx.seconds),
			goal: { timeToNginx: 1.05, spread: 1.5 },
		},
		noWire: {
			...unshaped,
			throughputToNginx: rounded(unshaped.rollcall.bytesPerSecond / unshaped.nginx.bytesPerSecond),
			goal: { throughputToNginx: 0.5 },
		},
		memory: {
			bytesPerTransfer: await memoryPerTransfer(context, { pid, wire, transfers: quick ? 100 : STALLED }),
			goal: { bytesPerTransfer: 128 * 1024 },
		},
	};
};

/** A coordinator with a boot listener, on the server of the wire. Gives its pid back. */
async function startListener(cleanup: Cleanup, where: { folder: string; wire: Wire }): Promise<number> {
	const configFile = join(where.folder, "coordinator.yaml");
	const boot = {
		...{ host: "0.0.0.0", port: BOOT_PORT, url: `http://${where.wire.address}:${BOOT_PORT}` },
		downloadsPerClient: 1024,
	};
	const http = { host: "127.0.0.1", port: 0 };
	const config = { dataFolder: "data", http, nats: { embedded: http }, boot, logLevel: "warn" };
	writeFileSync(configFile, JSON.stringify(config), { mode: 0o600 });
	const program = coordinatorProgram;
	const [command = "", ...words] = [...where.wire.onServer, process.execPath, program, "--config", configFile];
	const coordinator = run(command, words);
	cleanup.add(() => coordinator.end());
	await untilServed(where.wire, BOOT_PORT, BOOT_PATH);
	return coordinator.child.pid ?? -1;
}

/** Waits until a server answers on the wire. */
async function untilServed(wire: Wire, port: number, path: string): Promise<void> {
	const deadline = performance.now() + READY_WITHIN_MS;
	while (performance.now() < deadline) {
		try {
			download(wire, wire.onServer, port, path, 1);
			return;
		} catch {
			await sleep(50);
		}
	}
	throw new Error(`nothing is served on port ${port}`);
}

function download(wire: Wire, host: readonly string[], port: number, path: string, clients = CLIENTS): Downloads {
	const program = join(repository, "test/bench/boot/download-clients.ts");
	const [command = "", ...words] = [
		...host,
		process.execPath,
		program,
		wire.address,
		String(port),
		path,
		String(clients),
	];
	const { ms, bytes } = JSON.parse(
		execFileSync(command, words, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"], timeout: 300_000 }),
	) as { ms: number[]; bytes: number };
	const seconds = Math.max(...ms) / 1000;
	return {
		seconds: rounded(seconds),
		bytesPerSecond: Math.round(bytes / seconds),
		spread: rounded(Math.max(...ms) / Math.max(1, Math.min(...ms))),
	};
}

/** What a download costs whose reader takes nothing: memory of the coordinator, above what it had before. */
async function memoryPerTransfer(
	context: Context,
	{ pid, wire, transfers }: { pid: number; wire: Wire; transfers: number },
): Promise<number> {
	const before = costOf(pid).residentBytes;
	const program = join(repository, "test/bench/boot/stalled-clients.ts");
	const words = [process.execPath, program, wire.address, String(BOOT_PORT), BOOT_PATH, String(transfers)];
	const [command = "", ...rest] = [...wire.onClient, ...words];
	const clients = run(command, rest);
	context.cleanup.add(() => clients.end());
	const deadline = performance.now() + READY_WITHIN_MS;
	while (!clients.output().includes("stalled")) {
		if (performance.now() > deadline) throw new Error(`the readers did not start: ${clients.output()}`);
		await sleep(50);
	}
	const after = costOf(pid).residentBytes;
	await clients.end();
	return Math.round((after - before) / transfers);
}
