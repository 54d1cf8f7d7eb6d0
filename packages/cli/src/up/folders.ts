import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { stringify } from "yaml";
import { usageFailure } from "../errors.ts";

/** Where a run of `rollcall up` keeps its things. */
export interface UpFolders {
	readonly base: string;
	readonly coordinatorConfig: string;
	readonly coordinatorLog: string;
	/** The coordinator's own data folder. */
	readonly coordinatorData: string;
	/** The certificate of the authority that the coordinator's is by. The coordinator writes it. */
	readonly authority: string;
	/** Files of one rehearsal machine. */
	machine(name: string): { readonly root: string; readonly token: string; readonly log: string };
}

/** How the name of a temporary folder begins. */
export const FOLDER_PREFIX = "rollcall-up-";

/** Makes the folders, for this user only: in `data`, or in a new temporary one. */
export async function makeFolders(data: string | undefined): Promise<UpFolders> {
	const base = data === undefined ? await mkdtemp(join(tmpdir(), FOLDER_PREFIX)) : resolve(data);
	const machines = join(base, "rehearsal");
	const coordinatorData = join(base, "coordinator");
	for (const folder of [base, machines, coordinatorData]) await makeFolder(folder);
	return {
		base,
		coordinatorConfig: join(base, "coordinator.yaml"),
		coordinatorLog: join(base, "coordinator.log"),
		coordinatorData,
		authority: join(coordinatorData, "tls/authority.crt"),
		machine: (name) => ({
			root: join(machines, name),
			token: join(machines, `${name}.token`),
			log: join(machines, `${name}.log`),
		}),
	};
}

/** One folder, not those above it: a recursive mkdir never ends below /proc. Throws Failure, with what is in the way. */
async function makeFolder(folder: string): Promise<void> {
	try {
		await mkdir(folder, { mode: 0o700 });
	} catch (error) {
		const { code = "" } = error as NodeJS.ErrnoException;
		if (code === "EEXIST" && (await stat(folder)).isDirectory()) return;
		const what =
			code === "EEXIST" ? "it is there, and no folder" : code === "ENOENT" ? "what lies above it is not there" : code;
		throw usageFailure(`the folder ${folder} cannot be made: ${what}`, "give another one with --data");
	}
}

/** Writes the coordinator's configuration, 0600. Ports stay the same over restarts, since machines keep the address. */
export async function writeCoordinatorConfig(
	folders: UpFolders,
	ports: { readonly http: number; readonly nats: number },
): Promise<void> {
	const config = {
		dataFolder: folders.coordinatorData,
		http: { host: "127.0.0.1", port: ports.http },
		nats: { embedded: { host: "127.0.0.1", port: ports.nats } },
	};
	await writePrivate(folders.coordinatorConfig, stringify(config));
}

/** Writes a file that only this user can read, also where it exists already. */
export async function writePrivate(path: string, text: string): Promise<void> {
	await writeFile(path, "", { mode: 0o600 });
	await chmod(path, 0o600);
	await writeFile(path, text);
}

/** Removes a folder with all in it; something that ends just then may still write to it, so it is tried a few times. */
export async function removeFolder(path: string): Promise<void> {
	await rm(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}
