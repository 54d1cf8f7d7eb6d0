import { createHash } from "node:crypto";
import { lstat, mkdir, statfs } from "node:fs/promises";
import { join } from "node:path";
import { ConfigError } from "../errors.ts";

/** `f_type` of tmpfs and ramfs (statfs(2)). */
const RAM_FILE_SYSTEMS = [0x01021994, 0x858458f6];

/**
 * A folder in RAM (0700) that belongs to a data folder, for what a program can only read from a file in clear: below the unit's
 * RuntimeDirectory, else the user's, else /dev/shm. Throws ConfigError where that is no RAM, or somebody else's.
 */
export async function ramFolder(dataFolder: string, environment: NodeJS.ProcessEnv): Promise<string> {
	const { RUNTIME_DIRECTORY, XDG_RUNTIME_DIR } = environment;
	const base = RUNTIME_DIRECTORY?.split(":")[0] || XDG_RUNTIME_DIR || "/dev/shm";
	const folder = join(base, `rollcall-${createHash("sha256").update(dataFolder).digest("hex").slice(0, 16)}`);
	try {
		await mkdir(folder, { mode: 0o700 });
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		if (code !== "EEXIST") throw notThere(folder, `it cannot be made (${code})`);
	}
	const found = await lstat(folder);
	if (!found.isDirectory() || found.uid !== process.getuid?.() || (found.mode & 0o077) !== 0)
		throw notThere(folder, "it is no folder of this user's alone; remove it");
	if (!RAM_FILE_SYSTEMS.includes((await statfs(folder)).type)) throw notThere(folder, "it is not in RAM");
	return folder;
}

function notThere(folder: string, why: string): ConfigError {
	return new ConfigError(
		`with secrets.key the coordinator needs ${folder} for what nats-server reads: ${why}; set RuntimeDirectory= in its unit`,
	);
}
