import { readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { credsAuthenticator, type NatsConnection } from "@nats-io/nats-core";
import { connect } from "@nats-io/transport-node";
import type { Event } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import { freePort } from "@rollcall/test-support/free-port";
import type { Scope } from "@rollcall/test-support/own-folder";
import { type Running, run } from "@rollcall/test-support/running";
import { ON_THE_BUS, stretched } from "@rollcall/test-support/stretch";
import { type CoordinatorOptions, startCoordinator } from "./coordinator.ts";

/** A nats-server in operator mode that belongs to no coordinator. */
export interface ExternalNats {
	readonly url: string;
	/**
	 * What a coordinator on it is started with. `system: false`: without the credentials that cut off revoked agents; `wish`:
	 * other settings of `nats.external`.
	 */
	options(wish?: {
		system?: boolean;
		external?: object;
	}): Pick<CoordinatorOptions, "nats" | "signingSeedFile" | "authorityFolder">;
	/** Where its keys and credentials lie. */
	readonly keys: string;
	/** The folder of its event log. */
	readonly store: string;
	readonly pid: () => number;
	/** Kills it with SIGKILL. */
	kill(): Promise<void>;
	/** Starts it again on the same port; `empty`: with its event log deleted. */
	start(wish?: { empty?: boolean }): Promise<void>;
	/** The event log as the stream holds it, entry by entry. */
	entries(): Promise<Event[][]>;
	/** Hears everything on the bus from now on, as text; the subject and what was said. */
	overhear(): Promise<{ readonly said: readonly string[] }>;
	/** The keys of the users that are connected now. */
	connectedUsers(): Promise<string[]>;
}

/**
 * Starts one, with keys and a configuration that a coordinator made which is gone by then. `jetStream: false`: it offers
 * none.
 */
export async function startExternalNats(t: Scope, { jetStream = true } = {}): Promise<ExternalNats> {
	const founder = await startCoordinator(t, { tls: "off" });
	const program = readlinkSync(`/proc/${founder.natsPid()}/exe`);
	await founder.stop();
	const nats = join(founder.dataFolder, "nats");
	const keys = join(founder.dataFolder, "keys");
	const store = join(nats, "jetstream");
	rmSync(store, { recursive: true });
	const port = await freePort();
	const url = `nats://127.0.0.1:${port}`;
	const { ports_file_dir: _ports, jetstream, ...founded } = JSON.parse(readFileSync(join(nats, "server.conf"), "utf8"));
	const configFile = join(nats, "external.conf");
	writeFileSync(configFile, JSON.stringify({ ...founded, port, ...(jetStream ? { jetstream } : {}) }), { mode: 0o600 });
	let server: Running | undefined;

	const asUser = async <T>(name: "coordinator" | "system", work: (nc: NatsConnection) => Promise<T>): Promise<T> => {
		const authenticator = credsAuthenticator(readFileSync(join(keys, `${name}.creds`)));
		const nc = await connect({ servers: url, authenticator, reconnect: false, timeout: stretched(5_000) });
		try {
			return await work(nc);
		} finally {
			await nc.close();
		}
	};
	const start = async ({ empty = false } = {}): Promise<void> => {
		if (empty) rmSync(store, { recursive: true });
		const started = run(program, ["-c", configFile]);
		server = started;
		t.teardown(() => started.end());
		await eventually("the external nats-server", () => asUser("coordinator", async () => true)).catch((error) => {
			throw new Error(`no nats-server:\n${started.output()}`, { cause: error });
		});
	};
	await start();
	return {
		url,
		keys,
		store,
		pid: () => server?.child.pid ?? -1,
		options: ({ system = true, external = {} } = {}) => ({
			nats: {
				external: {
					servers: [url],
					credentialsFile: join(keys, "coordinator.creds"),
					accountSeedFile: join(keys, "account.nk"),
					...(system
						? {
								systemCredentialsFile: join(keys, "system.creds"),
								operatorSeedFile: join(keys, "operator.nk"),
							}
						: {}),
					...external,
				},
			},
			signingSeedFile: join(keys, "assignments.nk"),
			authorityFolder: join(keys, "authorities"),
		}),
		kill: async () => server?.end("SIGKILL"),
		start,
		async overhear() {
			const authenticator = credsAuthenticator(readFileSync(join(keys, "coordinator.creds")));
			const nc = await connect({ servers: url, authenticator, timeout: stretched(5_000) });
			t.teardown(() => nc.close());
			const said: string[] = [];
			nc.subscribe(">", {
				callback: (_error, message) =>
					void said.push(`${message.subject} ${Buffer.from(message.data).toString("latin1")}`),
			});
			await nc.flush();
			return { said };
		},
		entries: () => asUser("coordinator", readEntries),
		connectedUsers: () => asUser("system", readUsers),
	};
}

const STREAM = "ROLLCALL_EVENTS";

/** The entries of an event log as its stream holds them, from the oldest one that is left. */
export async function entriesAt(url: string, keys: string): Promise<Event[][]> {
	const authenticator = credsAuthenticator(readFileSync(join(keys, "coordinator.creds")));
	const nc = await connect({ servers: url, authenticator, reconnect: false, timeout: stretched(5_000) });
	try {
		return await readEntries(nc);
	} finally {
		await nc.close();
	}
}

async function readEntries(nc: NatsConnection): Promise<Event[][]> {
	const info = await nc.request(`$JS.API.STREAM.INFO.${STREAM}`, undefined, ON_THE_BUS);
	const { state } = info.json<{ state: { first_seq: number; last_seq: number } }>();
	const entries: Event[][] = [];
	for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
		const answer = await nc.request(`$JS.API.STREAM.MSG.GET.${STREAM}`, JSON.stringify({ seq }), ON_THE_BUS);
		const { message } = answer.json<{ message: { data: string } }>();
		entries.push((JSON.parse(Buffer.from(message.data, "base64").toString()) as { events: Event[] }).events);
	}
	return entries;
}

async function readUsers(nc: NatsConnection): Promise<string[]> {
	const answer = await nc.request(
		"$SYS.REQ.SERVER.PING.CONNZ",
		JSON.stringify({ auth: true, limit: 1024 }),
		ON_THE_BUS,
	);
	const { data } = answer.json<{ data: { connections: { authorized_user?: string; nkey?: string }[] } }>();
	return data.connections.flatMap(({ authorized_user, nkey }) => nkey ?? authorized_user ?? []);
}
