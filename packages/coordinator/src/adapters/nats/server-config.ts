import { join } from "node:path";
import { MAX_MESSAGE_BYTES } from "@rollcall/protocol";
import type { ServerClaims } from "./claims.ts";

/** Where an embedded server keeps its things, all below the data folder. */
export interface ServerPaths {
	readonly folder: string;
	readonly configFile: string;
	readonly pidFile: string;
	/** The server writes where it listens into a file here. */
	readonly ports: string;
	readonly store: string;
	readonly accounts: string;
}

/** The files of a server in a coordinator's data folder. */
export function serverPaths(dataFolder: string): ServerPaths {
	const folder = join(dataFolder, "nats");
	return {
		folder,
		configFile: join(folder, "server.conf"),
		pidFile: join(folder, "server.pid"),
		ports: join(folder, "ports"),
		store: folder,
		accounts: join(folder, "accounts"),
	};
}

/** Where a server listens, and the limits of its store. */
export interface ListenOptions {
	readonly host: string;
	/** -1: any free one. */
	readonly port: number;
	readonly maxStoreBytes: number;
	/** The store is encrypted with it: 32 random bytes as text. */
	readonly storeKey?: string | undefined;
	/** What it shows; without it there is no TLS. */
	readonly pair?: { readonly certificateFile: string; readonly keyFile: string } | undefined;
}

/** Two, the server's own choice, are too few on a busy computer or when a whole fleet comes back. */
const HANDSHAKE_SECONDS = 20;

/**
 * The configuration of an embedded nats-server. JSON is valid in its format. Only the one listener for clients: no
 * monitoring, no WebSocket, MQTT or leaf nodes (their parsers were the way into servers more than once), and nobody
 * without a JWT. `sync_interval: always`: an acknowledged event is on the disk.
 */
export function serverConfig(paths: ServerPaths, listen: ListenOptions, claims: ServerClaims): string {
	return `${JSON.stringify(
		{
			server_name: "rollcall",
			host: listen.host,
			port: listen.port,
			ports_file_dir: paths.ports,
			max_payload: MAX_MESSAGE_BYTES,
			// A peer that went away without a word is noticed within a minute.
			ping_interval: "20s",
			ping_max: 2,
			// Within so many seconds a client says who it is.
			authorization: { timeout: HANDSHAKE_SECONDS },
			...(listen.pair
				? { tls: { cert_file: listen.pair.certificateFile, key_file: listen.pair.keyFile, timeout: HANDSHAKE_SECONDS } }
				: {}),
			operator: claims.operatorJwt,
			system_account: claims.systemAccount,
			resolver: { type: "full", dir: paths.accounts, allow_delete: false, interval: "2m" },
			resolver_preload: claims.accounts,
			jetstream: {
				store_dir: paths.store,
				sync_interval: "always",
				...(listen.storeKey === undefined ? {} : { key: listen.storeKey, cipher: "aes" }),
				max_memory_store: 64 * 1024 * 1024,
				max_file_store: listen.maxStoreBytes,
			},
		},
		undefined,
		"\t",
	)}\n`;
}
