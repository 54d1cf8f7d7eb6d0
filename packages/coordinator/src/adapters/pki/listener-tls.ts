import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { makePrivateFolder, writeAtomically } from "../../disk/atomic-write.ts";
import { IN_CLEAR, type SecretFiles } from "../../disk/secret-files.ts";
import { ConfigError } from "../../errors.ts";
import { openListenerAuthority } from "./listener-authority.ts";
import {
	type GivenFiles,
	issuePair,
	type ListenerPair,
	type OwnWish,
	ownPairFault,
	pairFault,
	readGivenPair,
} from "./listener-pair.ts";

/** How often it is looked whether a pair has to be replaced, or was. */
const LOOK_EVERY_MS = 2_000;

/** What the listeners of this coordinator show, kept fresh. */
export interface ListenerTls {
	current(): ListenerPair;
	/** Whom clients are to believe, PEM; undefined where everybody knows the authority. */
	authority(): string | undefined;
	/** The same pair as files, 0600, both in clear. */
	readonly certificateFile: string;
	readonly keyFile: string;
	/** Calls `listener` whenever another pair takes the place of the one before. */
	onReplaced(listener: (pair: ListenerPair) => void): void;
	close(): void;
}

interface Parts {
	/** Where the pair is kept: a folder of its own, 0700. */
	readonly folder: string;
	/** How the key lies there; in clear without it. */
	readonly files?: SecretFiles;
	/** Where a key that is sealed lies in clear: a folder in RAM, which is there. */
	readonly ramFolder?: string | undefined;
	readonly now: () => number;
	readonly tell: (text: string, isTrouble: boolean) => void;
}

type Told = ListenerPair & { readonly authority?: string };

/** A pair by the fleet's own authority for listeners, whose key lies in `authorityFolder`. It is made anew when a third of its life is over. */
export async function openOwnTls(
	wish: { readonly authorityFolder: string } & Omit<OwnWish, "now">,
	parts: Parts,
): Promise<ListenerTls> {
	const authority = await openListenerAuthority(wish.authorityFolder, parts.files);
	return keep(parts, async (before) => {
		const now = { ...wish, now: parts.now() };
		const isGood = before !== undefined && ownPairFault(before, authority, now) === undefined;
		return { ...(isGood ? before : await issuePair(authority, now)), authority: authority.certificate };
	});
}

/** A pair that was given as files. They are read again when they change. Throws ConfigError. */
export async function openGivenTls(files: GivenFiles, parts: Parts): Promise<ListenerTls> {
	let saidOver = "";
	return keep(parts, async () => {
		const given = await readGivenPair(files);
		const end = new X509Certificate(given.certificate).validToDate;
		const isOver = end.getTime() <= parts.now();
		if (isOver && saidOver !== given.certificate)
			parts.tell(
				`the certificate in ${files.certificateFile} ended on ${end.toISOString()}: nobody connects with it; renew it, and it is read again`,
				true,
			);
		saidOver = isOver ? given.certificate : "";
		return given;
	});
}

/** Keeps what `next` gives, first of what was kept before. What goes wrong later is told, and the pair of before stays. */
async function keep(parts: Parts, next: (before: ListenerPair | undefined) => Promise<Told>): Promise<ListenerTls> {
	const [certificateFile, keyFile] = [join(parts.folder, "server.crt"), join(parts.folder, "server.key")];
	const authorityFile = join(parts.folder, "authority.crt");
	const { files = IN_CLEAR, ramFolder } = parts;
	const clearKeyFile = ramFolder === undefined ? keyFile : join(ramFolder, "server.key");
	await makePrivateFolder(parts.folder);
	const listeners: ((pair: ListenerPair) => void)[] = [];
	const write = async (pair: Told): Promise<void> => {
		await files.write(keyFile, pair.key);
		if (clearKeyFile !== keyFile) await writeAtomically(clearKeyFile, pair.key, 0o600);
		await writeAtomically(certificateFile, pair.certificate, 0o600);
		await writeAtomically(authorityFile, pair.authority ?? "", 0o644);
	};
	const found = await readKept(certificateFile, keyFile, files);
	let current = await next(found);
	await write(current);
	let [looking, told] = [false, ""];
	const look = async (): Promise<void> => {
		if (looking) return;
		looking = true;
		try {
			const fresh = await next(current);
			told = "";
			if (fresh.certificate === current.certificate && fresh.authority === current.authority) return;
			await write(fresh);
			current = fresh;
			parts.tell("the listeners have another certificate from now on", false);
			for (const listener of listeners) listener(fresh);
		} catch (error) {
			const text = `the listeners' certificate of before is kept: ${(error as Error).message}`;
			if (text !== told) parts.tell(text, true);
			told = text;
		} finally {
			looking = false;
		}
	};
	const timer = setInterval(() => void look(), LOOK_EVERY_MS);
	timer.unref();
	return {
		certificateFile,
		keyFile: clearKeyFile,
		current: () => current,
		authority: () => current.authority,
		onReplaced: (listener) => void listeners.push(listener),
		close: () => clearInterval(timer),
	};
}

async function readKept(
	certificateFile: string,
	keyFile: string,
	files: SecretFiles,
): Promise<ListenerPair | undefined> {
	try {
		const [certificate, key] = await Promise.all([readFile(certificateFile, "utf8"), files.read(keyFile)]);
		return pairFault({ certificate, key }) === undefined ? { certificate, key } : undefined;
	} catch (error) {
		if (error instanceof ConfigError) throw error;
		return undefined;
	}
}
