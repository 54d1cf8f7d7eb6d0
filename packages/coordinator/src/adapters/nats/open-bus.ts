import type { SecretFiles } from "../../disk/secret-files.ts";
import type { Credentials } from "../../ports/credentials.ts";
import type { BusConnection, ConnectOptions } from "./connect.ts";
import { type ConnectionGuardParts, startConnectionGuard } from "./connection-guard.ts";
import type { EmbeddedServer } from "./embedded-server.ts";
import { readNamedKey } from "./keys.ts";
import type { SigningKey } from "./signing-key.ts";

/** What both kinds of bus need. */
export interface OpenOptions {
	readonly dataFolder: string;
	/** Names the connection. */
	readonly coordinatorId: string;
	/** NATS URLs for agents, where they differ from the coordinator's. */
	readonly advertise?: readonly string[];
	readonly lifetimeSeconds?: number;
	/** The date, in milliseconds since 1970. */
	readonly wall: () => number;
	/** The log's time, in milliseconds, which never goes back. */
	readonly now: () => number;
	/** Seed of the key that signs assignments; coordinators of one fleet share it. One of its own in `keys/` without it. */
	readonly signingSeedFile?: string;
	/** Seed of the key that is to sign after that one. */
	readonly nextSigningSeedFile?: string;
	readonly onStatus?: ConnectOptions["onStatus"];
	/** How keys and credentials lie on the disk; in clear without it. */
	readonly files?: SecretFiles | undefined;
}

/** A bus that is there: the coordinator's connection and the identities on it. `server` where it is an embedded one. */
export interface OpenBus {
	readonly connection: BusConnection;
	readonly credentials: Credentials;
	readonly server?: EmbeddedServer;
	/** Whom an existing cluster's certificates are by, PEM. */
	readonly authority?: string | undefined;
	/** Closes the connection, and ends an embedded server. */
	close(): Promise<void>;
}

/** What `open` opens, with its end: what was put on the stack, the last first. Where it throws, that ends at once. */
export async function endedWith(
	open: (opened: AsyncDisposableStack) => Promise<Omit<OpenBus, "close">>,
): Promise<OpenBus> {
	await using opened = new AsyncDisposableStack();
	const bus = await open(opened);
	const closing = opened.move();
	return { ...bus, close: () => closing.disposeAsync() };
}

/** Bounds the connections of each agent. A bus without this goes on. */
export async function guardConnections(
	{ onStatus }: OpenOptions,
	access: Omit<ConnectionGuardParts, "tell">,
): Promise<() => Promise<void>> {
	const tell = (text: string): void => onStatus?.({ connected: false, text });
	try {
		return await startConnectionGuard({ ...access, tell });
	} catch (error) {
		tell(`the connections of agents are not bounded: ${(error as Error).message}`);
		return async () => {};
	}
}

/** The key that agents are to believe besides the one that signs, before it takes its place. */
export async function nextSigner({ nextSigningSeedFile, files }: OpenOptions): Promise<SigningKey | undefined> {
	return nextSigningSeedFile === undefined
		? undefined
		: await readNamedKey("nextSigningSeedFile", nextSigningSeedFile, "U", files);
}

/** What the connection is opened with, whatever it leads to. */
export function connectOptions(options: OpenOptions): Pick<ConnectOptions, "name" | "onStatus"> {
	return {
		name: `coordinator ${options.coordinatorId}`,
		...(options.onStatus ? { onStatus: options.onStatus } : {}),
	};
}
