import { X509Certificate } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { SecretFiles } from "../../disk/secret-files.ts";
import { ConfigError } from "../../errors.ts";
import { introduceAuthority } from "./certificate.ts";
import {
	ALWAYS,
	authorityOf,
	type ListenerAuthority,
	madeAuthority,
	openListenerAuthority,
	readPieces,
	replaceListenerAuthority,
	writeFirst,
} from "./listener-authority.ts";

/** Key, certificate, and the certificate by the first authority, in one file (0600). */
const FILE = "listeners-next.pem";

/** The authorities of a fleet's listeners: one, or while it changes two, the one that everybody believes first. */
export type ListenerAuthorities = readonly [ListenerAuthority, next?: ListenerAuthority];

/** What is wrong with the file of the next authority, where something is. */
class Damaged extends Error {}

/**
 * Reads the authorities in `folder`; the first is made where there is none. What cannot be read of the next one is told and left alone: the
 * first one signs as before. Throws an Error that names the file of the first one.
 */
export async function readListenerAuthorities(
	folder: string,
	files: SecretFiles,
	tell: (text: string) => void,
): Promise<ListenerAuthorities> {
	return (await read(folder, files, tell)).found;
}

async function read(
	folder: string,
	files: SecretFiles,
	tell: (text: string) => void,
): Promise<{ readonly found: ListenerAuthorities; readonly isDamaged?: true }> {
	// Before the first one, whose place it takes: so one of both is always seen.
	const pieces = await readPieces(join(folder, FILE), files);
	const first = await openListenerAuthority(folder, files);
	if (pieces === undefined) return { found: [first] };
	try {
		const next = await nextOf(pieces, { folder, first });
		if (next.fingerprint !== first.fingerprint) return { found: [first, next] };
		// It took the first one's place, and whoever did that did not come so far.
		await rm(join(folder, FILE), { force: true });
		return { found: [first] };
	} catch (error) {
		if (!(error instanceof Damaged)) throw error;
		tell(error.message);
		return { found: [first], isDamaged: true };
	}
}

/** As `readListenerAuthorities`, with a next one: introduced by the first, and made where there is none, or none that can be read. */
export async function prepareNextAuthority(
	folder: string,
	files: SecretFiles,
	tell: (text: string) => void,
): Promise<ListenerAuthorities> {
	const { found, isDamaged } = await read(folder, files, tell);
	if (found[1] !== undefined) return found;
	const file = join(folder, FILE);
	// Nobody was told of one that cannot be read.
	if (isDamaged) await rm(file, { force: true });
	const [first] = found;
	// Two authorities of one name would be mistaken for each other.
	const [key, certificate] = await madeAuthority(`rollcall listeners ${new Date().toISOString().slice(0, 19)}`);
	const { signer } = await authorityOf([key, certificate]);
	const introduced = await introduceAuthority(signer.certificate, first.signer, ALWAYS);
	const pieces = await writeFirst(file, [key, certificate, introduced.toString("pem")], files);
	return [first, await nextOf(pieces, { folder, first })];
}

/** Puts the next authority in the place of the first one, which is gone then. Throws an Error where the file does not hold it any more. */
export async function forgetFirstAuthority(
	folder: string,
	{ fingerprint }: Pick<ListenerAuthority, "fingerprint">,
	files: SecretFiles,
): Promise<void> {
	const file = join(folder, FILE);
	const pieces = await readPieces(file, files);
	if (pieces === undefined) return;
	const lies = await authorityOf(pieces).catch(() => undefined);
	if (lies?.fingerprint !== fingerprint) {
		// Another coordinator was faster, and has prepared the one after it.
		if ((await openListenerAuthority(folder, files)).fingerprint === fingerprint) return;
		throw new Error(
			`${file} does not hold the authority ${fingerprint}, which is to take the place of the first one; restore it from a backup`,
		);
	}
	await replaceListenerAuthority(folder, pieces, files);
	await rm(file, { force: true });
}

async function nextOf(
	pieces: readonly string[],
	{ folder, first }: { folder: string; first: ListenerAuthority },
): Promise<ListenerAuthority> {
	const introduced = pieces[2] ?? "";
	try {
		const next = await authorityOf(pieces);
		if (next.fingerprint === first.fingerprint) return next;
		if (!new X509Certificate(introduced).verify(new X509Certificate(first.certificate).publicKey))
			throw new Error("it is introduced by another authority than the first");
		return { ...next, chain: `${introduced.trimEnd()}\n${first.certificate}` };
	} catch (error) {
		if (error instanceof ConfigError) throw error;
		throw new Damaged(
			`the listeners' next authority ${join(folder, FILE)} cannot be used: ${(error as Error).message}; where machines were told of it already, restore it from a backup; else it is made anew with the next rollcall certs rotate --listeners`,
			{ cause: error },
		);
	}
}
