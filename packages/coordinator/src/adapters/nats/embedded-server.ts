import { mkdir, rm, statfs, symlink } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { makePrivateFolder, writeAtomically } from "../../disk/atomic-write.ts";
import type { ServerPair } from "./bus-tls.ts";
import type { ServerClaims } from "./claims.ts";
import { locateServer } from "./find-server.ts";
import { type ListenOptions, type ServerPaths, serverConfig, serverPaths } from "./server-config.ts";
import { endLeftover, type ProcessEnd, refuseSpecialFiles, ServerProcess } from "./server-process.ts";

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
/** A server that ran for so long begins again with the shortest pause. */
const PROVEN_AFTER_MS = 30_000;
/** A server that once could not write gives up its store until it is started again (`handleOutOfSpace` and "critical write error" in its source). What it logs then, and what that is for people. */
const CANNOT_WRITE = [
	[/JetStream out of .*resources|no space left on device/i, "the disk of the data folder is full; make room there"],
	[
		/read-only file system/i,
		"the file system of the data folder is read-only; mount it writable, and it goes on by itself",
	],
	[
		/critical write error|write \S+: input\/output error/i,
		"the device of the data folder reports errors; look at the kernel's log (dmesg)",
	],
] as const;
/** So much room is worth another try, in bytes; looked at so often, in milliseconds. */
const ROOM_BYTES = 2 * 1024 * 1024;
const LOOK_AGAIN_MS = 1_000;

/** The server ended although nobody asked it to, cannot write, or could not be started again; the next attempt follows by itself. */
interface ServerExit {
	readonly reason: string;
	readonly tail: readonly string[];
	readonly retryInMs: number;
}

/** How the coordinator's own server is run. */
export interface EmbeddedOptions {
	readonly dataFolder: string;
	/** Loopback without it. */
	readonly host?: string;
	/** 0 or absent: any free one, which is kept over restarts of the server. */
	readonly port?: number;
	/** The most that the event log may take on the disk, in bytes. */
	readonly maxStoreBytes?: number;
	/** Encrypts the store; its configuration then lies in `ramFolder`. */
	readonly storeKey?: string | undefined;
	readonly ramFolder?: string | undefined;
	/** What it shows; without it there is no TLS. */
	readonly tls?: ServerPair | undefined;
	/** The program; `locateServer` looks for it otherwise. */
	readonly binary?: string;
	/** Told what is known to be wrong with the program that was found, with the next step. */
	readonly onWarning?: (text: string) => void;
	readonly onExit?: (exit: ServerExit) => void;
	/** Every line that the server logs. */
	readonly onLog?: (line: string) => void;
}

/** The default for the event log: far more than years of a large fleet. */
const DEFAULT_STORE_BYTES = 8 * 1024 ** 3;

/**
 * A nats-server of the coordinator's own: its configuration is written before every start, it is started again for ever
 * when it dies, on the same port and store, and it never outlives this process.
 */
export class EmbeddedServer {
	readonly host: string;
	readonly #options: EmbeddedOptions;
	readonly #paths: ServerPaths;
	readonly #claims: () => Promise<ServerClaims>;
	readonly #stopping = new AbortController();
	#listen: ListenOptions;
	#process: ServerProcess | undefined;
	#watching: Promise<void> = Promise.resolve();
	#waitsToWrite = false;

	private constructor(options: EmbeddedOptions, claims: () => Promise<ServerClaims>) {
		this.#options = options;
		this.#claims = claims;
		this.#paths = serverPaths(resolve(options.dataFolder));
		this.host = options.host ?? "127.0.0.1";
		this.#listen = {
			host: this.host,
			port: options.port && options.port > 0 ? options.port : -1,
			maxStoreBytes: options.maxStoreBytes ?? DEFAULT_STORE_BYTES,
			pair: options.tls,
			storeKey: options.storeKey,
		};
		options.tls?.onReplaced(() => this.#readAgain());
	}

	/** Starts it and waits until it takes connections. `claims` is asked before every start. Throws an Error with the end of the server's log. */
	static async start(options: EmbeddedOptions, claims: () => Promise<ServerClaims>): Promise<EmbeddedServer> {
		const server = new EmbeddedServer(options, claims);
		await server.#launch();
		server.#watching = server.#watch();
		return server;
	}

	/** Where the coordinator itself connects. */
	get url(): string {
		const everywhere = this.host === "0.0.0.0" || this.host === "::";
		const host = everywhere ? "127.0.0.1" : this.host;
		return `${this.#options.tls ? "tls" : "nats"}://${host.includes(":") ? `[${host}]` : host}:${this.#listen.port}`;
	}

	get port(): number {
		return this.#listen.port;
	}

	/** The server's own pid; undefined while it is down. */
	get pid(): number | undefined {
		return this.#process?.pid;
	}

	/** Ends it in good order. */
	async stop(): Promise<void> {
		this.#stopping.abort();
		await this.#process?.stop();
		await this.#watching;
	}

	/** Has it read its configuration and certificate again (SIGHUP). Connections go on with what they have. */
	#readAgain(): void {
		if (this.pid !== undefined) process.kill(this.pid, "SIGHUP");
	}

	async #launch(): Promise<void> {
		const paths = this.#paths;
		const binary = this.#options.binary ?? (await this.#find());
		await endLeftover(paths.pidFile, paths.configFile);
		await makePrivateFolder(paths.folder);
		await rm(paths.ports, { recursive: true, force: true });
		await rm(paths.pidFile, { recursive: true, force: true });
		await mkdir(paths.ports);
		await refuseSpecialFiles(paths.folder);
		await this.#writeConfig(serverConfig(paths, this.#listen, await this.#claims()));
		if (this.#stopping.signal.aborted) return;
		this.#process = new ServerProcess({
			binary,
			configFile: paths.configFile,
			pidFile: paths.pidFile,
			ports: paths.ports,
			onLog: (line) => {
				const [, reason] = CANNOT_WRITE.find(([words]) => words.test(line)) ?? [];
				if (reason !== undefined && this.pid !== undefined) void this.#restartWhenItCanWrite(reason);
				this.#options.onLog?.(line);
			},
		});
		const port = await this.#process.ready();
		this.#listen = { ...this.#listen, port };
	}

	/** Where it holds a key it lies in RAM, and a link stands in its place: the server is known by the name that it was started with. */
	async #writeConfig(text: string): Promise<void> {
		const { configFile } = this.#paths;
		const { ramFolder } = this.#options;
		if (ramFolder === undefined) return writeAtomically(configFile, text, 0o600);
		const inRam = join(ramFolder, "server.conf");
		await writeAtomically(inRam, text, 0o600);
		await rm(configFile, { force: true });
		await symlink(inRam, configFile);
	}

	async #find(): Promise<string> {
		const { program, warning } = await locateServer();
		if (warning !== undefined) this.#options.onWarning?.(warning);
		return program;
	}

	async #watch(): Promise<void> {
		const { signal } = this.#stopping;
		let pause = FIRST_PAUSE_MS;
		while (!signal.aborted) {
			const from = performance.now();
			const end = await this.#process?.ended;
			this.#process = undefined;
			if (signal.aborted) return;
			if (performance.now() - from > PROVEN_AFTER_MS) pause = FIRST_PAUSE_MS;
			this.#tell(`nats-server ended with ${howItEnded(end)}`, end?.tail ?? [], pause);
			for (let started = false; !started; ) {
				await sleep(pause, undefined, { signal }).catch(() => {});
				if (signal.aborted) return;
				pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
				try {
					await this.#launch();
					started = true;
				} catch (error) {
					if (!signal.aborted) this.#tell((error as Error).message, [], pause);
				}
			}
		}
	}

	/** Ends the server once a file can be written again, with room behind it, so that it is started anew, with its store. */
	async #restartWhenItCanWrite(reason: string): Promise<void> {
		if (this.#waitsToWrite) return;
		this.#waitsToWrite = true;
		const { signal } = this.#stopping;
		this.#tell(`nats-server cannot write: ${reason}`, [], LOOK_AGAIN_MS);
		do {
			await sleep(LOOK_AGAIN_MS, undefined, { signal }).catch(() => {});
			if (signal.aborted) return;
		} while (!(await canWrite(this.#paths.folder)));
		this.#waitsToWrite = false;
		await this.#process?.stop();
	}

	#tell(reason: string, tail: readonly string[], retryInMs: number): void {
		this.#options.onExit?.({ reason, tail, retryInMs });
	}
}

async function canWrite(folder: string): Promise<boolean> {
	const file = join(folder, "can-write");
	try {
		const { bavail, bsize } = await statfs(folder);
		await writeAtomically(file, "", 0o600);
		await rm(file);
		return bavail * bsize >= ROOM_BYTES;
	} catch {
		return false;
	}
}

function howItEnded(end: ProcessEnd | undefined): string {
	return end?.signal ?? `exit code ${end?.code}`;
}
