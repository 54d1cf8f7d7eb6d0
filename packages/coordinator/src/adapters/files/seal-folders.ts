import { readdir } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { systemReason } from "@rollcall/protocol";
import { writeAtomically } from "../../disk/atomic-write.ts";
import { MOST_OWN_BYTES, readGivenFile } from "../../disk/given-file.ts";
import { createSealer, isSealed, type KeySource, type Sealer } from "../../disk/sealed.ts";
import { foreign, sealedBy } from "../../disk/secret-files.ts";
import { ConfigError } from "../../errors.ts";

/** The file that says that a data folder is sealed: a text under the key, so that another key is known at once. */
const MARKER = "sealed";
/** What it says while a folder in clear is being sealed, and from then on. */
const [BEGUN, DONE] = ["this folder is being sealed\n", "what is secret here is sealed\n"] as const;

/**
 * Where secrets of a coordinator lie: the folder, and which of its files. `isMade`: made anew when it is lost, so one that cannot be
 * opened stops nobody here. `isGiven`: operators write there, in clear.
 */
export interface SecretPlace {
	readonly folder: string;
	readonly names: RegExp;
	readonly isMade?: true;
	readonly isGiven?: true;
}

/** Throws ConfigError where the folder was sealed, and no key is named now. */
export async function refuseSealed(dataFolder: string): Promise<void> {
	const marker = join(dataFolder, MARKER);
	if ((await found(marker)) !== undefined)
		throw new ConfigError(
			`${marker} says that the secrets of this coordinator are sealed, and the configuration names no key: name in secrets.key what they were sealed with; nothing was changed`,
		);
}

/** What a folder is sealed with, and what it was sealed with before that key was changed. */
export interface FolderSealer extends Sealer {
	readonly current: Sealer;
	readonly previous: Sealer | undefined;
}

/** The sealer of a data folder, which opens with either key. Throws ConfigError where none is the one that sealed it. Changes nothing. */
export async function openSealer(dataFolder: string, source: KeySource, before?: KeySource): Promise<FolderSealer> {
	const marker = join(dataFolder, MARKER);
	const sealed = await found(marker);
	const current = createSealer(source, sealed);
	const previous = before && createSealer(before, sealed);
	const open: Sealer["open"] = async (name, bytes) =>
		(await current.open(name, bytes)) ?? (await previous?.open(name, bytes));
	if (sealed !== undefined && (await open(MARKER, sealed)) === undefined)
		throw new ConfigError(
			`${source.origin} (secrets.key) is not the key that ${dirname(marker)} was sealed with: it does not open ${marker}; put the right key there; nothing was changed`,
		);
	return { origin: source.origin, seal: current.seal, open, current, previous };
}

/**
 * Seals what lies in clear in these places, or under the key of before, and gives the number of files. Before the first change each file
 * that is sealed already was opened. `beforeDone` is called once for a folder, when all of that is done. Throws ConfigError, also for a file in
 * clear in a folder that was sealed.
 */
export async function sealFolders(
	dataFolder: string,
	places: readonly SecretPlace[],
	{ sealer, beforeDone }: { readonly sealer: FolderSealer; readonly beforeDone: () => Promise<unknown> },
): Promise<{ readonly sealed: number; readonly changed: number }> {
	const marker = join(dataFolder, MARKER);
	const before = await found(marker);
	const isDone = before !== undefined && (await sealer.open(MARKER, before))?.toString() === DONE;
	const mark = async (text: string) => writeAtomically(marker, await sealer.seal(MARKER, Buffer.from(text)), 0o600);
	const files = sealedBy(sealer);
	const isOld = async (file: string, bytes: Uint8Array): Promise<boolean> =>
		sealer.previous !== undefined && (await sealer.current.open(basename(file), bytes)) === undefined;
	const [clear, old]: [string[], string[]] = [[], []];
	let own = 0;
	for (const { folder, names, isMade, isGiven } of places)
		for (const name of (await readdir(folder).catch(unlessMissing)) ?? []) {
			const file = join(folder, name);
			const bytes = names.test(name) ? await found(file) : undefined;
			if (bytes === undefined) continue;
			if (!isSealed(bytes)) {
				if (isDone && !isGiven) throw foreign(file);
				clear.push(file);
				continue;
			}
			const isReplaced = await isOld(file, bytes);
			if (isReplaced) old.push(file);
			if (!isGiven && !relative(dataFolder, folder).startsWith("..")) own++;
			if ((isReplaced || before === undefined) && !isMade) await files.read(file);
		}
	// A folder that is being sealed has its marker first, so somebody took that away.
	if (before === undefined && own > 0 && clear[0] !== undefined) throw foreign(clear[0]);
	if (!isDone) await mark(BEGUN);
	for (const file of [...clear, ...old]) await files.write(file, await files.readGiven(file, MOST_OWN_BYTES));
	if (!isDone) await beforeDone();
	// Last: until then both keys are needed.
	if (!isDone || (await isOld(marker, before))) await mark(DONE);
	return { sealed: clear.length, changed: old.length };
}

async function found(file: string): Promise<Buffer | undefined> {
	return readGivenFile(file, MOST_OWN_BYTES).catch((error: NodeJS.ErrnoException) => {
		if (error.code === "ENOENT") return undefined;
		throw new ConfigError(`${file} cannot be read: ${systemReason(error)}`);
	});
}

function unlessMissing(error: NodeJS.ErrnoException): undefined {
	if (error.code === "ENOENT") return undefined;
	throw error;
}
