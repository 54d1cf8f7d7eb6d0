import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";

/** Where in a data folder files are written that appear whole. */
const FOLDERS = ["", "assets", "keys", "keys/authorities", "nats", "tls"];
const UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";
/** A file on its way to its name, of `writeAtomically`. */
const NEW = new RegExp(`^\\.${UUID}\\.new$`);
/** The mark of the log on its way to its name: what is no file there would keep its writer waiting. */
const MARK = "log-mark.json.new";
/** A lock on its way to its name; that of another process that starts just now is younger than so many milliseconds. */
const LOCK = new RegExp(`^\\.lock\\.${UUID}$`);
const LOCK_LEFT_MS = 10_000;

/**
 * Removes what processes left that were killed while they wrote: some of it holds secrets, and nobody else would bound how much it gets. To be called by who
 * holds the folder, before it writes there.
 */
export async function removeLeftovers(dataFolder: string): Promise<void> {
	for (const folder of FOLDERS) {
		const names = await readdir(join(dataFolder, folder)).catch(() => []);
		for (const name of names) {
			const file = join(dataFolder, folder, name);
			const isMark = folder === "" && name === MARK;
			if (NEW.test(name) || isMark || (folder === "" && LOCK.test(name) && (await isOld(file))))
				await rm(file, { recursive: true, force: true });
		}
	}
}

async function isOld(file: string): Promise<boolean> {
	const found = await stat(file).catch(() => undefined);
	return found !== undefined && Date.now() - found.mtimeMs > LOCK_LEFT_MS;
}
