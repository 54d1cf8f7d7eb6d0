import { execFile } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setDefaultCACertificates } from "node:tls";
import { promisify } from "node:util";
import {
	type Event,
	type MachineDetail,
	type MachineView,
	type Problem,
	type Status,
	TokenCreated,
} from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import { freePort } from "@rollcall/test-support/free-port";
import { ownFolder, type Scope } from "@rollcall/test-support/own-folder";
import { commandLine, descendantsOf } from "@rollcall/test-support/process-table";
import { type Running, run } from "@rollcall/test-support/running";
import { bundleCoordinator } from "../../scripts/bundle-coordinator.ts";
import { coordinatorSource, repository } from "./places.ts";
import { YOUNG_ROOM } from "./young-room.ts";

/** What runs as a coordinator: the bundle of the sources as they are. */
export const COORDINATOR = await bundleCoordinator();

/** A cluster of one control plane and workers, for rehearsal machines. */
export const REHEARSAL_DOCUMENT = readFileSync(join(repository, "deploy/examples/rehearsal.yaml"), "utf8");

export interface CoordinatorOptions {
	readonly dataFolder?: string;
	readonly document?: string;
	/** The `nats` part of the configuration; an embedded server on a random port without it. */
	readonly nats?: unknown;
	readonly signingSeedFile?: string;
	readonly authorityFolder?: string;
	/** The `boot` part of the configuration; no boot listener without it. */
	readonly boot?: unknown;
	/** The `tls` part of the configuration; the coordinator's default without it. */
	readonly tls?: unknown;
	/** The `secrets` part of the configuration: what secrets are sealed with on the disk; they lie in clear without it. */
	readonly secrets?: unknown;
	/** The `tpm` part of the configuration: which TPMs count; all without it. */
	readonly tpm?: unknown;
	/** The `advertise` part of the configuration: what machines are told. */
	readonly advertise?: unknown;
	/** The `oidc` part of the configuration: where people sign in; nowhere without it. */
	readonly oidc?: unknown;
	/** Life of the machines' certificates; as the coordinator has it without it. */
	readonly certificateSeconds?: number;
	/** Folder with the operator's own manifests; none without it. */
	readonly manifests?: string;
	readonly failpoint?: string;
	/** It runs from its sources, in place of the bundle, for who changes them while they are loaded. */
	readonly fromSources?: boolean;
	/** More of its environment, also when it is started again. */
	readonly environment?: Readonly<Record<string, string>>;
	/** The address that it and its NATS listen at; 127.0.0.1 without it. */
	readonly host?: string;
	readonly port?: number;
	readonly natsPort?: number;
	/** How long it may take to be ready; 60 s without it. */
	readonly readyWithinMs?: number;
}

/** A real coordinator process with its own data folder, and its REST API. */
export interface TestCoordinator {
	readonly dataFolder: string;
	readonly url: string;
	/** Whom it is believed by over HTTPS: PEM, and the file that holds it; undefined where TLS is off, or everybody knows the authority. */
	readonly authority: { readonly pem: string; readonly file: string } | undefined;
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
		/** The `tls` part from now on. */
		tls?: unknown;
		/** The `secrets` part from now on. */
		secrets?: unknown;
		/** Done while nothing runs. */
		between?: () => void | Promise<void>;
	}): Promise<TestCoordinator>;
	stop(): Promise<void>;
}

/** Starts a coordinator's process and does not wait for it. It is stopped at the end of the test. */
export function launchCoordinator(
	t: Scope,
	options: CoordinatorOptions & { dataFolder: string; natsPort: number },
): Running {
	const { dataFolder, natsPort } = options;
	const configFile = join(dataFolder, "coordinator.yaml");
	const documentFile = join(dataFolder, "declared.yaml");
	put(documentFile, options.document ?? REHEARSAL_DOCUMENT, 0o644);
	const config = {
		dataFolder,
		http: { host: options.host ?? "127.0.0.1", port: options.port ?? 0 },
		nats: options.nats ?? { embedded: { host: options.host ?? "127.0.0.1", port: natsPort } },
		document: documentFile,
		...(options.signingSeedFile ? { signingSeedFile: options.signingSeedFile } : {}),
		...(options.authorityFolder ? { authorityFolder: options.authorityFolder } : {}),
		...(options.boot ? { boot: options.boot } : {}),
		...(options.tls === undefined ? {} : { tls: options.tls }),
		...(options.tpm ? { tpm: options.tpm } : {}),
		...(options.secrets ? { secrets: options.secrets } : {}),
		...(options.oidc ? { oidc: options.oidc } : {}),
		...(options.advertise ? { advertise: options.advertise } : {}),
		...(options.certificateSeconds ? { certificateSeconds: options.certificateSeconds } : {}),
		...(options.manifests ? { manifests: options.manifests } : {}),
		logLevel: "debug",
	};
	put(configFile, JSON.stringify(config), 0o600);
	rmSync(join(dataFolder, "api.json"), { force: true });
	const environment = {
		...options.environment,
		...(options.failpoint ? { ROLLCALL_FAILPOINT: options.failpoint } : {}),
	};
	const started = run(
		process.execPath,
		[...YOUNG_ROOM, options.fromSources ? coordinatorSource : COORDINATOR, "--config", configFile, "--tether-stdin"],
		environment,
		"KILL",
	);
	t.teardown(() => started.end());
	return started;
}

/** Writes a file that is not so already: there may be no room to write it again. */
function put(file: string, text: string, mode: number): void {
	if (!existsSync(file) || readFileSync(file, "utf8") !== text) writeFileSync(file, text, { mode });
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
			const { url: found, authority } = readAnnounced(dataFolder);
			if (authority !== undefined) trust(authority);
			const { ok } = await fetch(`${found}/readyz`);
			return ok ? found : undefined;
		},
		options.readyWithinMs ?? 60_000,
	).catch((error: unknown) => {
		throw new Error(`no ready coordinator:\n${started.output()}`, { cause: error });
	});
	if (url === "ended")
		throw new Error(`no ready coordinator; it ended with ${child.exitCode ?? child.signalCode}:\n${started.output()}`);
	return await connectTo(t, { url, dataFolder, started, options: { ...options, natsPort } });
}

function readAnnounced(dataFolder: string): { url: string; boot?: string; authority?: string } {
	return JSON.parse(readFileSync(join(dataFolder, "api.json"), "utf8"));
}

/**
 * A secret of a data folder in clear, as an operator has it shown on the coordinator's computer. It is waited for, since a process that stands still for seconds does
 * not see that its connections were closed, and its next request fails.
 */
export async function showSecret(
	dataFolder: string,
	name: string,
	environment: Readonly<Record<string, string>> = {},
): Promise<string> {
	const args = [COORDINATOR, "--config", join(dataFolder, "coordinator.yaml"), "--show", name];
	return (await promisify(execFile)(process.execPath, args, { env: { ...process.env, ...environment } })).stdout;
}

const trusted = new Set<string>();

/** Words of the operator's command that lead to a coordinator, as nobody. */
export function at({ url, authority }: Pick<TestCoordinator, "url" | "authority">): string[] {
	return ["--server", url, ...(authority === undefined ? [] : ["--ca-file", authority.file])];
}

/** Words of the operator's command that lead to a coordinator, as its administrator. */
export function asAdmin(coordinator: Pick<TestCoordinator, "url" | "dataFolder" | "authority">): string[] {
	return [...at(coordinator), "--token-file", join(coordinator.dataFolder, "admin-token")];
}

/**
 * From now on this process believes that authority, too: by `fetch`, WebSockets and all others. Those that everybody knows it believes no more, since no test
 * speaks with anybody else, and to read some hundred certificates takes longer than a coordinator's answers.
 */
export function trust(authority: string): void {
	if (trusted.has(authority)) return;
	trusted.add(authority);
	setDefaultCACertificates([...trusted]);
}

async function connectTo(
	t: Scope,
	parts: { url: string; dataFolder: string; started: Running; options: CoordinatorOptions },
): Promise<TestCoordinator> {
	const { url, dataFolder, started, options } = parts;
	const token = options.secrets
		? (await showSecret(dataFolder, "admin-token", options.environment)).trim()
		: readFileSync(join(dataFolder, "admin-token"), "utf8").trim();
	const { boot = "", authority } = readAnnounced(dataFolder);
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
		authority: authority === undefined ? undefined : { pem: authority, file: join(dataFolder, "tls/authority.crt") },
		bootUrl: boot,
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
		restart: async ({ signal = "SIGTERM", failpoint, natsPort, tls, secrets, between } = {}) => {
			await started.end(signal);
			await between?.();
			const { failpoint: _before, ...rest } = options;
			return startCoordinator(t, {
				...rest,
				dataFolder,
				port: Number(new URL(url).port),
				...(natsPort ? { natsPort } : {}),
				...(failpoint ? { failpoint } : {}),
				...(tls === undefined ? {} : { tls }),
				...(secrets === undefined ? {} : { secrets }),
			});
		},
		stop: () => started.end(),
	};
	return self;
}
