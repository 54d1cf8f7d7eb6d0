import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { TokenCreated } from "@rollcall/protocol";
import { commandLine, descendantsOf } from "@rollcall/test-support/process-table";
import { type Running, run } from "@rollcall/test-support/running";
import { coordinatorProgram } from "../support/places.ts";
import type { Cleanup } from "./cleanup.ts";

/** Longer than any start that is worth measuring. */
const READY_WITHIN_MS = 60_000;

/** A coordinator process under measurement, as it runs in production: its own nats-server, synced writes, log level info. */
export interface BenchCoordinator {
	readonly url: string;
	/** Of its boot listener; empty without one. */
	readonly bootUrl: string;
	readonly dataFolder: string;
	readonly pid: number;
	readonly natsPid: number;
	readonly natsUrl: string;
	/** From the start of the process to the first good answer of `/readyz`, in milliseconds. */
	readonly readyAfterMs: number;
	readonly process: Running;
	call<T>(method: string, path: string, body?: unknown): Promise<T>;
	enrollToken(): Promise<string>;
	/** One of its metrics, without labels. */
	metric(name: string): Promise<number>;
	stop(): Promise<void>;
}

export interface BenchCoordinatorOptions {
	readonly dataFolder: string;
	/** Declared when the log has no document. */
	readonly document?: string;
	/** Its boot listener; without it there is none. */
	readonly boot?: {
		readonly host: string;
		readonly port: number;
		readonly document: string;
		readonly requestsPerSecond?: number;
	};
	/** More words for Node, in front of the program. */
	readonly nodeOptions?: readonly string[];
}

/** Starts a coordinator and waits, without pause between the looks, until it is ready. Ended with the cleanup. */
export async function startCoordinator(cleanup: Cleanup, options: BenchCoordinatorOptions): Promise<BenchCoordinator> {
	const { dataFolder } = options;
	const configFile = join(dataFolder, "coordinator.yaml");
	const documentFile = join(dataFolder, "declared.yaml");
	if (options.document !== undefined) writeFileSync(documentFile, options.document);
	const config = {
		dataFolder,
		http: { host: "127.0.0.1", port: 0 },
		nats: { embedded: { host: "127.0.0.1", port: 0 } },
		// What is measured is the coordinator's own work; handshakes are told apart in docs/performance.md.
		tls: "off",
		...(options.document === undefined ? {} : { document: documentFile }),
		...(options.boot === undefined ? {} : { boot: options.boot }),
		logLevel: "warn",
	};
	writeFileSync(configFile, JSON.stringify(config), { mode: 0o600 });
	const api = join(dataFolder, "api.json");
	rmSync(api, { force: true });
	const begun = performance.now();
	const process_ = run(process.execPath, [
		...(options.nodeOptions ?? []),
		coordinatorProgram,
		"--config",
		configFile,
		"--tether-stdin",
	]);
	cleanup.add(() => process_.end());
	const url = await untilReady(process_, api);
	const readyAfterMs = performance.now() - begun;
	const { boot: bootUrl = "" } = JSON.parse(readFileSync(api, "utf8")) as { boot?: string };
	const token = readFileSync(join(dataFolder, "admin-token"), "utf8").trim();
	const pid = process_.child.pid ?? -1;
	const natsPid = descendantsOf(pid).find((one) => /^\S*nats-server /.test(commandLine(one))) ?? -1;
	const [listens = ""] = readdirSync(join(dataFolder, "nats/ports")).filter((name) => name.endsWith(".ports"));
	const ports = JSON.parse(readFileSync(join(dataFolder, "nats/ports", listens), "utf8")) as { nats: string[] };
	const call = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
		const response = await fetch(`${url}${path}`, {
			method,
			headers: {
				authorization: `Bearer ${token}`,
				...(body === undefined ? {} : { "content-type": "application/json" }),
			},
			...(body === undefined ? {} : { body: JSON.stringify(body) }),
		});
		if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
		return (await response.json()) as T;
	};
	return {
		url,
		bootUrl,
		dataFolder,
		pid,
		natsPid,
		natsUrl: ports.nats[0] ?? "",
		readyAfterMs,
		process: process_,
		call,
		enrollToken: async () =>
			TokenCreated.parse(await call("POST", "/v1/tokens", { scope: "enroll", labels: {} })).token,
		metric: async (name) => {
			const text = await (await fetch(`${url}/metrics`)).text();
			return Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1] ?? Number.NaN);
		},
		stop: () => process_.end(),
	};
}

/** Looks every few milliseconds, so that the time of readiness is known to that. */
async function untilReady(started: Running, api: string): Promise<string> {
	const deadline = performance.now() + READY_WITHIN_MS;
	let ended: number | null | undefined;
	void started.exited.then(({ code }) => {
		ended = code;
	});
	while (ended === undefined && performance.now() < deadline) {
		const url = existsSync(api) ? (JSON.parse(readFileSync(api, "utf8")) as { url: string }).url : undefined;
		if (url !== undefined && (await isReady(url))) return url;
		await sleep(5);
	}
	throw new Error(`no ready coordinator (it ended with ${ended}):\n${started.output().slice(0, 2_000)}`);
}

async function isReady(url: string): Promise<boolean> {
	return fetch(`${url}/readyz`).then(
		(answer) => answer.ok,
		() => false,
	);
}
