import { randomUUID } from "node:crypto";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { systemReason } from "@rollcall/protocol";
import { makePrivateFolder, writeAtomically } from "../../disk/atomic-write.ts";
import { MOST_GIVEN_BYTES, readGivenFile } from "../../disk/given-file.ts";
import { readOwnText } from "../../disk/own-text.ts";
import { ConfigError } from "../../errors.ts";
import { type FolderLock, lockFolder } from "./folder-lock.ts";
import { removeLeftovers } from "./leftovers.ts";

/** What the system says of a place where no data folder can be, other than of one that is full or damaged. */
const NO_PLACE = ["ENOENT", "ENOTDIR", "EACCES", "EPERM", "EROFS", "ENAMETOOLONG", "ELOOP"];

/** Every coordinator has this in its data folder, from its first start on. */
const ID_FILE = "coordinator-id";
/** What machines download may be kept there before a coordinator's first start. */
const ASSETS = "assets";

/** Makes the data folder where it is not there, and takes it for this process. Throws ConfigError for a place where none can be, or an Error that names the holder. */
export async function takeDataFolder(dataFolder: string): Promise<FolderLock> {
	try {
		await refuseForeign(dataFolder);
		await makePrivateFolder(dataFolder);
		const lock = await lockFolder(dataFolder);
		await removeLeftovers(dataFolder);
		return lock;
	} catch (error) {
		const { code = "" } = error as NodeJS.ErrnoException;
		if (!NO_PLACE.includes(code)) throw error;
		const reason =
			code === "ENOENT"
				? "no folder can be made there"
				: code === "ENOTDIR"
					? "it, or a part of its path, is no folder"
					: systemReason(error);
		throw new ConfigError(
			`dataFolder ${dataFolder} cannot be used: ${reason}; name a folder in which this user may write`,
		);
	}
}

/** What is no coordinator's and others use, such as /etc, is not closed to them. Throws ConfigError. */
async function refuseForeign(folder: string): Promise<void> {
	const found = await stat(folder).catch(() => undefined);
	if (!found?.isDirectory() || (found.mode & 0o077) === 0) return;
	const names = await readdir(folder);
	if (names.length === 0 || names.includes(ID_FILE) || names.includes(ASSETS)) return;
	throw new ConfigError(
		`dataFolder ${folder} cannot be used: it is open to others and holds what is not a coordinator's; name a folder of its own, or close it to others (chmod 0700)`,
	);
}

/** What this coordinator is called among others; the same over its restarts. */
export async function coordinatorId(dataFolder: string): Promise<string> {
	const file = join(dataFolder, ID_FILE);
	const known = (
		await readOwnText({
			file,
			is: "this coordinator's name",
			next: "move away what is there; another name is made then",
		})
	)?.trim();
	if (known !== undefined && /^[a-z0-9-]{1,64}$/.test(known)) return known;
	const id = `c-${randomUUID().slice(0, 8)}`;
	await writeAtomically(file, `${id}\n`, 0o600);
	return id;
}

const SEEN = "the name of the log that this coordinator saw last";
const PUT_BACK =
	"restore it from a backup; where there is none, move away what is there, and the machines prove what they run";
/** What stands for a log in a folder that never had one. */
const NO_LOG = "none";

/**
 * Which log this coordinator saw last; an empty log with another origin means that it was lost. So does one beside keys that no log is noted for: they were
 * put back from a copy. A folder without keys has never had a log, which is noted before the keys are made.
 */
export function seenLog(dataFolder: string): {
	/** To be called before anything is made in the folder. */
	begin(): Promise<void>;
	/** True where this folder had another log than this one. */
	hadOther(origin: string | undefined): Promise<boolean>;
	save(origin: string): Promise<void>;
} {
	const file = join(dataFolder, "log-origin");
	const read = async (): Promise<string | undefined> => (await readOwnText({ file, is: SEEN, next: PUT_BACK }))?.trim();
	const save = (origin: string): Promise<void> => writeAtomically(file, `${origin}\n`, 0o600);
	return {
		async begin() {
			const isFresh = (await stat(join(dataFolder, "keys")).catch(() => undefined)) === undefined;
			if (isFresh && (await read()) === undefined) await save(NO_LOG);
		},
		async hadOther(origin) {
			const before = await read();
			return before !== NO_LOG && before !== origin;
		},
		save,
	};
}

/** Tells others on this computer where the API is, whom its clients are to believe (PEM), where machines boot from, and who serves it. */
export function announceApi(
	dataFolder: string,
	told: { url: string; boot?: string; authority?: string },
): Promise<void> {
	return writeAtomically(join(dataFolder, "api.json"), `${JSON.stringify({ ...told, pid: process.pid })}\n`, 0o644);
}

/** Whom the coordinator's clients are to believe, as it wrote it down (PEM); undefined where that cannot be read. */
export function toldAuthority(dataFolder: string): Promise<string | undefined> {
	return readGivenFile(join(dataFolder, "tls/authority.crt"), MOST_GIVEN_BYTES).then(String, () => undefined);
}
