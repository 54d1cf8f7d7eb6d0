import { execFile } from "node:child_process";
import { access, constants } from "node:fs/promises";
import { delimiter, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { PATCHED_VERSIONS, type ServerVersion, tooOld, unpatched, versionIn } from "./server-versions.ts";

const run = promisify(execFile);

const WHAT_TO_DO = `set ROLLCALL_NATS_SERVER to the path of a nats-server, version ${PATCHED_VERSIONS}`;
const repository = resolve(fileURLToPath(import.meta.url), "../../../../../..");

/** Where to look; `findServer` takes the process's own surroundings when nothing is given. */
export interface ServerPlaces {
	readonly environment: Readonly<Record<string, string | undefined>>;
	/** Where `scripts/setup.mjs` unpacks one. */
	readonly cached: string;
}

/** A nats-server that can be started, and its version, like `2.15.1`. `warning`: what is known to be wrong with it, with the next step. */
export interface FoundServer {
	readonly program: string;
	readonly version: string;
	readonly warning?: string | undefined;
}

/**
 * The nats-server to start: what ROLLCALL_NATS_SERVER names, else a good enough one on PATH, else the one that the setup
 * unpacked. Throws an Error that says what to do.
 */
export async function locateServer(places: Partial<ServerPlaces> = {}): Promise<FoundServer> {
	const environment = places.environment ?? process.env;
	const cached = places.cached ?? join(repository, ".cache", "nats-server", "nats-server");
	const named = environment.ROLLCALL_NATS_SERVER;
	if (named) {
		const version = await versionOf(named);
		if (!version) throw new Error(`ROLLCALL_NATS_SERVER=${named} is no nats-server that runs here; ${WHAT_TO_DO}`);
		const fault = tooOld(version);
		if (fault)
			throw new Error(`ROLLCALL_NATS_SERVER=${named} is version ${version.join(".")}, ${fault}; ${WHAT_TO_DO}`);
		return found(named, version);
	}
	const refused: string[] = [];
	const onPath = (environment.PATH ?? "").split(delimiter).filter(Boolean);
	for (const candidate of [...onPath.map((folder) => join(folder, "nats-server")), cached]) {
		if (!(await isProgram(candidate))) continue;
		const version = await versionOf(candidate);
		const fault = version && tooOld(version);
		if (version && !fault) return found(candidate, version);
		refused.push(`${candidate} is ${version ? `version ${version.join(".")}, ${fault}` : "broken"}`);
	}
	const others = refused.length > 0 ? ` (${refused.join("; ")})` : "";
	throw new Error(`no nats-server was found${others}; run "npm run setup", or ${WHAT_TO_DO}`);
}

function found(program: string, version: ServerVersion): FoundServer {
	return { program, version: version.join("."), warning: unpatched(version) };
}

async function isProgram(file: string): Promise<boolean> {
	return access(file, constants.X_OK).then(
		() => true,
		() => false,
	);
}

async function versionOf(program: string): Promise<ServerVersion | undefined> {
	try {
		const { stdout } = await run(program, ["--version"], { timeout: 10_000 });
		return versionIn(stdout);
	} catch {
		return undefined;
	}
}
