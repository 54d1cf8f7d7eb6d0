import { execFile } from "node:child_process";
import { access, constants } from "node:fs/promises";
import { delimiter, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Older servers lack `sync_interval`, without which an acknowledged event can be lost with the power. */
const OLDEST = [2, 10] as const;
const WHAT_TO_DO = "set ROLLCALL_NATS_SERVER to the path of a nats-server, version 2.12 or newer";
const repository = resolve(fileURLToPath(import.meta.url), "../../../../../..");

/** Where to look; `findServer` takes the process's own surroundings when nothing is given. */
export interface ServerPlaces {
	readonly environment: Readonly<Record<string, string | undefined>>;
	/** Where `scripts/setup.mjs` unpacks one. */
	readonly cached: string;
}

/**
 * The nats-server to start: what ROLLCALL_NATS_SERVER names, else a good enough one on PATH, else the one that the setup
 * unpacked. Throws an Error that says what to do.
 */
export async function findServer(places: Partial<ServerPlaces> = {}): Promise<string> {
	const environment = places.environment ?? process.env;
	const cached = places.cached ?? join(repository, ".cache", "nats-server", "nats-server");
	const named = environment.ROLLCALL_NATS_SERVER;
	if (named) {
		const version = await versionOf(named);
		if (!version) throw new Error(`ROLLCALL_NATS_SERVER=${named} is no nats-server that runs here; ${WHAT_TO_DO}`);
		if (!isGoodEnough(version))
			throw new Error(`ROLLCALL_NATS_SERVER=${named} is version ${version.join(".")}, too old; ${WHAT_TO_DO}`);
		return named;
	}
	const refused: string[] = [];
	const onPath = (environment.PATH ?? "").split(delimiter).filter(Boolean);
	for (const candidate of [...onPath.map((folder) => join(folder, "nats-server")), cached]) {
		if (!(await isProgram(candidate))) continue;
		const version = await versionOf(candidate);
		if (version && isGoodEnough(version)) return candidate;
		refused.push(`${candidate} is ${version ? `version ${version.join(".")}, too old` : "broken"}`);
	}
	const found = refused.length > 0 ? ` (${refused.join("; ")})` : "";
	throw new Error(`no nats-server was found${found}; run "npm run setup", or ${WHAT_TO_DO}`);
}

function isGoodEnough([major, minor]: readonly [number, number]): boolean {
	return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
}

async function isProgram(file: string): Promise<boolean> {
	return access(file, constants.X_OK).then(
		() => true,
		() => false,
	);
}

async function versionOf(program: string): Promise<[number, number] | undefined> {
	try {
		const { stdout } = await run(program, ["--version"], { timeout: 10_000 });
		const numbers = /v?(\d+)\.(\d+)\./.exec(stdout);
		return numbers ? [Number(numbers[1]), Number(numbers[2])] : undefined;
	} catch {
		return undefined;
	}
}
