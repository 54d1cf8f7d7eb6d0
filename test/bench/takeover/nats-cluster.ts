import { readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { credsAuthenticator, type NatsConnection } from "@nats-io/nats-core";
import { connect } from "@nats-io/transport-node";
import { eventually } from "@rollcall/test-support/eventually";
import { freePort } from "@rollcall/test-support/free-port";
import type { Scope } from "@rollcall/test-support/own-folder";
import { type Running, run } from "@rollcall/test-support/running";
import { ON_THE_BUS } from "@rollcall/test-support/stretch";
import { type CoordinatorOptions, startCoordinator } from "../../support/coordinator.ts";

const SERVERS = 3;
const STREAM = "ROLLCALL_EVENTS";

/** Three nats-servers that are one cluster, each with a store of its own, synced as an embedded one's. */
export interface NatsCluster {
	/** What a coordinator on it is started with. */
	readonly options: Pick<CoordinatorOptions, "nats" | "signingSeedFile" | "authorityFolder">;
	/** Resolves when every server has all of the event log. */
	whole(): Promise<void>;
	/** Kills the server that leads the event log's stream, and gives back how it is started again. */
	killLeader(): Promise<() => Promise<void>>;
}

/** What JetStream says of a stream's copies (https://docs.nats.io/reference/reference-protocols/nats_api_reference). */
interface StreamInfo {
	readonly cluster?: {
		readonly leader?: string;
		readonly replicas?: readonly { readonly current: boolean; readonly offline?: boolean }[];
	};
}

/** Starts them, with keys and a configuration that a coordinator made which is gone by then. */
export async function startNatsCluster(t: Scope): Promise<NatsCluster> {
	const founder = await startCoordinator(t, { tls: "off" });
	const program = readlinkSync(`/proc/${founder.natsPid()}/exe`);
	await founder.stop();
	const [nats, keys] = [join(founder.dataFolder, "nats"), join(founder.dataFolder, "keys")];
	const { ports_file_dir: _ports, ...founded } = JSON.parse(readFileSync(join(nats, "server.conf"), "utf8"));
	const ports = await Promise.all(Array.from({ length: SERVERS }, async () => [await freePort(), await freePort()]));
	const urls = ports.map(([port]) => `nats://127.0.0.1:${port}`);
	const routes = ports.map(([, port]) => `nats://127.0.0.1:${port}`);
	const running = new Map<string, Running>();

	const start = (index: number): void => {
		const [port, clusterPort] = ports[index] ?? [];
		const name = `server-${index}`;
		const folder = join(founder.dataFolder, name);
		const config = {
			...founded,
			server_name: name,
			port,
			resolver: { ...founded.resolver, dir: join(folder, "accounts") },
			jetstream: { ...founded.jetstream, store_dir: folder },
			cluster: { name: "bench", host: "127.0.0.1", port: clusterPort, routes },
		};
		const file = join(founder.dataFolder, `${name}.conf`);
		writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
		const server = run(program, ["-c", file]);
		running.set(name, server);
		t.teardown(() => server.end("SIGKILL"));
	};
	for (const index of ports.keys()) start(index);

	const info = async (): Promise<StreamInfo> => {
		const authenticator = credsAuthenticator(readFileSync(join(keys, "coordinator.creds")));
		const nc: NatsConnection = await connect({ servers: urls, authenticator, reconnect: false, timeout: 5_000 });
		try {
			return (await nc.request(`$JS.API.STREAM.INFO.${STREAM}`, undefined, ON_THE_BUS)).json<StreamInfo>();
		} finally {
			await nc.close();
		}
	};
	const whole = async (): Promise<void> => {
		await eventually("all copies of the event log", async () => {
			const { leader, replicas = [] } = (await info()).cluster ?? {};
			return leader && replicas.length === SERVERS - 1 && replicas.every((one) => one.current && !one.offline);
		});
	};
	return {
		options: {
			nats: {
				external: {
					servers: urls,
					replicas: SERVERS,
					credentialsFile: join(keys, "coordinator.creds"),
					accountSeedFile: join(keys, "account.nk"),
					systemCredentialsFile: join(keys, "system.creds"),
					operatorSeedFile: join(keys, "operator.nk"),
				},
			},
			signingSeedFile: join(keys, "assignments.nk"),
			authorityFolder: join(keys, "authorities"),
		},
		whole,
		async killLeader() {
			const { leader = "" } = (await info()).cluster ?? {};
			const server = running.get(leader);
			if (!server) throw new Error(`no server of this cluster leads the event log: ${leader}`);
			server.child.kill("SIGKILL");
			return async () => {
				await server.exited;
				start(Number(leader.replace("server-", "")));
				await whole();
			};
		},
	};
}
