import { randomInt } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
	type Event,
	type MachineDetail,
	type MachineView,
	type Problem,
	type Status,
	TokenCreated,
} from "@rollcall/protocol";
import type { ExecutionContext } from "ava";
import { eventually } from "./eventually.ts";
import { commandLine, descendantsOf, type Running, repository, run } from "./processes.ts";

/** A cluster of one control plane and workers, for rehearsal machines. */
export const REHEARSAL_DOCUMENT = readFileSync(join(repository, "deploy/examples/rehearsal.yaml"), "utf8");

/** What ends with a test, or with whatever else has an end: the last that was begun ends first. */
export type Scope = Pick<ExecutionContext, "teardown">;

export interface CoordinatorOptions {
	readonly dataFolder?: string;
	readonly document?: string;
	/** The `nats` part of the configuration; an embedded server on a random port without it. */
	readonly nats?: unknown;
	readonly signingSeedFile?: string;
	readonly authorityFolder?: string;
	/** The `boot` part of the configuration; no boot listener without it. */
	readonly boot?: unknown;
	/** The `advertise` part of the configuration: what machines are told. */
	readonly advertise?: unknown;
	/** Life of the machines' certificates; as the coordinator has it without it. */
	readonly certificateSeconds?: number;
	readonly failpoint?: string;
	readonly port?: number;
	readonly natsPort?: number;
	/** How long it may take to be ready; 20 s without it. */
	readonly readyWithinMs?: number;
}

/**
 * A port of the loopback address that is free now. It lies below the range that the kernel takes ports for connections from
 * (32768 and up, ip(7)), so that no connection of another test has it when somebody begins to listen there.
 */
export async function freePort(): Promise<number> {
	for (;;) {
		const port = randomInt(10_000, 32_000);
		const free = await new Promise<boolean>((resolve) => {
			const server = createServer();
			server.once("error", () => resolve(false));
			server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
		});
		if (free) return port;
	}
}

/** A real coordinator process with its own data folder, and its REST API. */
export interface TestCoordinator {
	readonly dataFolder: string;
	readonly url: string;
	/** Where machines boot from; empty without a boot listener. */
	readonly bootUrl: string;
	readonly token: string;
	readonly process: Running;
	/** Calls the API and gives the body back; throws an Error with the problem for a refusal. */
	call<T>(method: string, path: string, body?: unknown): Promise<T>;
	/** The same, with the status and without throwing. */
	request(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }>;
	machines(): Promise<MachineView[]>;
	machine(id: string): Promise<MachineDetail>;
	status(): Promise<Status>;
	/** All events behind `after`. */
	events(after?: number): Promise<Event[]>;
	/** Makes an enroll token. */
	enrollToken(options?: { mac?: string; labels?: Record<string, string>; expiresInSeconds?: number }): Promise<string>;
	/** The pid of its embedded nats-server. */
	natsPid(): number;
	/** Ends the process and starts another one on the same data folder and port. */
	restart(options?: {
		signal?: NodeJS.Signals;
		failpoint?: string;
		/** The embedded NATS listens here from now on. */
		natsPort?: number;
		/** Done while nothing runs. */
		between?: () => void | Promise<void>;
	}): Promise<TestCoordinator>;
	stop(): Promise<void>;
}

/** A folder of the test's own, removed at its end. */
export function ownFolder(t: Scope, name = "rollcall-test-"): string {
	const folder = mkdtempSync(join(tmpdir(), name));
	t.teardown(() => rmSync(folder, { recursive: true, force: true }));
	return folder;
}

/** Starts a coordinator's process and does not wait for it. It is stopped at the end of the test. */
export function launchCoordinator(
	t: Scope,
	options: CoordinatorOptions & { dataFolder: string; natsPort: number },
): Running {
	const { dataFolder, natsPort } = options;
	const configFile = join(dataFolder, "coordinator.yaml");
	const documentFile = join(dataFolder, "declared.yaml");
	writeFileSync(documentFile, options.document ?? REHEARSAL_DOCUMENT);
	const config = {
		dataFolder,
		http: { host: "127.0.0.1", port: options.port ?? 0 },
		nats: options.nats ?? { embedded: { host: "127.0.0.1", port: natsPort } },
		document: documentFile,
		...(options.signingSeedFile ? { signingSeedFile: options.signingSeedFile } : {}),
		...(options.authorityFolder ? { authorityFolder: options.authorityFolder } : {}),
		...(options.boot ? { boot: options.boot } : {}),
		...(options.advertise ? { advertise: options.advertise } : {}),
		...(options.certificateSeconds ? { certificateSeconds: options.certificateSeconds } : {}),
		logLevel: "debug",
	};
	writeFileSync(configFile, JSON.stringify(config), { mode: 0o600 });
	rmSync(join(dataFolder, "api.json"), { force: true });
	const environment = options.failpoint ? { ROLLCALL_FAILPOINT: options.failpoint } : undefined;
	const started = run(
		process.execPath,
		[join(repository, "packages/coordinator/src/main.ts"), "--config", configFile, "--tether-stdin"],
		environment,
	);
	t.teardown(() => started.end());
	return started;
}

/** Starts a coordinator and waits until it is ready. It is stopped at the end of the test. */
export async function startCoordinator(t: Scope, options: CoordinatorOptions = {}): Promise<TestCoordinator> {
	const dataFolder = options.dataFolder ?? ownFolder(t);
	const natsPort = options.natsPort ?? (await freePort());
	const started = launchCoordinator(t, { ...options, dataFolder, natsPort });
	const api = join(dataFolder, "api.json");
	const { child } = started;
	const url = await eventually(
		"the coordinator's API",
		async () => {
			if (child.exitCode !== null || child.signalCode !== null) return "ended" as const;
			if (!existsSync(api)) return undefined;
			const { url: found } = JSON.parse(readFileSync(api, "utf8")) as { url: string };
			const { ok } = await fetch(`${found}/readyz`);
			return ok ? found : undefined;
		},
		options.readyWithinMs ?? 20_000,
	).catch((error: unknown) => {
		throw new Error(`no ready coordinator:\n${started.output()}`, { cause: error });
	});
	if (url === "ended")
		throw new Error(`no ready coordinator; it ended with ${child.exitCode ?? child.signalCode}:\n${started.output()}`);
	return connectTo(t, { url, dataFolder, started, options: { ...options, natsPort } });
}

function connectTo(
	t: Scope,
	parts: { url: string; dataFolder: string; started: Running; options: CoordinatorOptions },
): TestCoordinator {
	const { url, dataFolder, started, options } = parts;
	const token = readFileSync(join(dataFolder, "admin-token"), "utf8").trim();
	const request = async (method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }> => {
		const response = await fetch(`${url}${path}`, {
			method,
			headers: {
				authorization: `Bearer ${token}`,
				...(body === undefined ? {} : { "content-type": "application/json" }),
			},
			...(body === undefined ? {} : { body: JSON.stringify(body) }),
		});
		const text = await response.text();
		return { status: response.status, body: text === "" ? undefined : JSON.parse(text) };
	};
	const call = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
		const answer = await request(method, path, body);
		if (answer.status >= 400)
			throw new Error(`${method} ${path}: ${answer.status} ${(answer.body as Problem | undefined)?.message}`);
		return answer.body as T;
	};
	const self: TestCoordinator = {
		dataFolder,
		url,
		bootUrl: (JSON.parse(readFileSync(join(dataFolder, "api.json"), "utf8")) as { boot?: string }).boot ?? "",
		token,
		process: started,
		request,
		call,
		machines: async () => (await call<{ machines: MachineView[] }>("GET", "/v1/machines")).machines,
		machine: (id) => call("GET", `/v1/machines/${id}`),
		status: () => call("GET", "/v1/status"),
		events: async (after = 0) => {
			const all: Event[] = [];
			for (;;) {
				const { events } = await call<{ events: Event[] }>(
					"GET",
					`/v1/events?after=${all.at(-1)?.seq ?? after}&limit=500`,
				);
				if (events.length === 0) return all;
				all.push(...events);
			}
		},
		enrollToken: async (wish = {}) =>
			TokenCreated.parse(await call("POST", "/v1/tokens", { scope: "enroll", labels: {}, ...wish })).token,
		natsPid: () => {
			const found = descendantsOf(started.child.pid ?? -1).find((pid) => /^\S*nats-server /.test(commandLine(pid)));
			if (found === undefined) throw new Error("the coordinator has no nats-server");
			return found;
		},
		restart: async ({ signal = "SIGTERM", failpoint, natsPort, between } = {}) => {
			await started.end(signal);
			await between?.();
			const { failpoint: _before, ...rest } = options;
			return startCoordinator(t, {
				...rest,
				dataFolder,
				port: Number(new URL(url).port),
				...(natsPort ? { natsPort } : {}),
				...(failpoint ? { failpoint } : {}),
			});
		},
		stop: () => started.end(),
	};
	return self;
}
