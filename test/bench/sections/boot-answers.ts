import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { bootDocument, ignitionUrl } from "../../support/boot.ts";
import { repository } from "../../support/places.ts";
import type { LoadOrder, LoadResult } from "../boot/request-load.ts";
import type { Section } from "../context.ts";
import { startCoordinator } from "../coordinator.ts";
import { rounded } from "../numbers.ts";
import { cpuMsOf } from "../process-cost.ts";

const CONNECTIONS = 256;
const PER_SECOND = 2_000;

/** The answers that a machine gets before it is up: its iPXE script, and its Ignition configuration for a one-time token. */
export const bootAnswers: Section = async (context) => {
	const { quick, cleanup, say } = context;
	const dataFolder = context.folder("boot");
	writeFileSync(join(dataFolder, "boot.yaml"), bootDocument("bench"));
	const coordinator = await startCoordinator(cleanup, {
		dataFolder,
		// The tokens of all machines are fetched from one address beforehand.
		boot: { host: "127.0.0.1", port: 0, document: "boot.yaml", requestsPerSecond: 1_000_000 },
	});
	const count = PER_SECOND * (quick ? 1 : 5);
	const measured = async (order: Pick<LoadOrder, "urls">) => {
		const before = cpuMsOf(coordinator.pid);
		const result = await load({ ...order, connections: CONNECTIONS, perSecond: PER_SECOND });
		const cpuMs = cpuMsOf(coordinator.pid) - before;
		return { ...result, seconds: rounded(result.seconds), cores: rounded(cpuMs / 1000 / result.seconds) };
	};
	say(`${count} iPXE scripts`);
	const scripts = Array.from({ length: count }, (_, number) => scriptUrl(coordinator.bootUrl, number));
	const warm = await measured({ urls: scripts.slice(0, PER_SECOND / 2) });
	const ipxe = await measured({ urls: scripts });
	say(`${count} Ignition configurations`);
	const urls: string[] = [];
	for (const script of scripts) urls.push(ignitionUrl(await (await fetch(script)).text()));
	const ignition = await measured({ urls });
	return {
		connections: CONNECTIONS,
		perSecond: PER_SECOND,
		warmUp: warm.latencyMs,
		ipxe,
		ignition,
		goal: { perSecond: PER_SECOND, latencyP99Ms: 50, cores: 1 },
	};
};

function scriptUrl(base: string, number: number): string {
	const mac = [0x02, 0, 0, number >> 16, (number >> 8) & 255, number & 255]
		.map((byte) => byte.toString(16).padStart(2, "0"))
		.join("-");
	return `${base}/ipxe?mac=${mac}&uuid=${randomUUID()}&arch=x86_64`;
}

async function load(order: LoadOrder): Promise<LoadResult> {
	const program = spawn(process.execPath, [join(repository, "test/bench/boot/request-load.ts")], {
		stdio: ["pipe", "pipe", "inherit"],
	});
	program.stdin.end(JSON.stringify(order));
	return JSON.parse(await text(program.stdout)) as LoadResult;
}
