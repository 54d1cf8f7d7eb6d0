import { X509Certificate } from "node:crypto";
import { join } from "node:path";
import { serial } from "@rollcall/protocol";
import { makePrivateFolder, writeAtomically } from "../../disk/atomic-write.ts";
import { MOST_GIVEN_BYTES, readGivenFile } from "../../disk/given-file.ts";
import { IN_CLEAR, type SecretFiles } from "../../disk/secret-files.ts";
import { ConfigError } from "../../errors.ts";
import { type GivenFiles, type ListenerPair, pairFault, readGivenPair } from "./listener-pair.ts";

/** How often it is looked whether a pair has to be replaced, or was. */
const LOOK_EVERY_MS = 2_000;

const OTHER_CERTIFICATE = "the listeners have another certificate from now on";
const OTHER_AUTHORITIES = "clients are told other authorities of the listeners from now on";

/** What the listeners of this coordinator show, kept fresh. */
export interface ListenerTls {
	current(): ListenerPair;
	/** Whom clients are to believe, PEM; undefined where everybody knows the authority. */
	authority(): string | undefined;
	/** The same pair as files, 0600, both in clear. */
	readonly certificateFile: string;
	readonly keyFile: string;
	/** Calls `listener` whenever another pair, or authority, takes the place of the one before. */
	onReplaced(listener: (pair: ListenerPair) => void): void;
	close(): void;
}

/** Where a pair lies, and who is told. */
export interface Parts {
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

/** What is kept, and how to have it looked at once. */
interface Kept extends ListenerTls {
	look(): Promise<void>;
}

/** Keeps what `next` gives, first of what was kept before. What goes wrong later is told, and the pair of before stays. */
export async function keep(parts: Parts, next: (before: ListenerPair | undefined) => Promise<Told>): Promise<Kept> {
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
	let [waiting, told] = [0, ""];
	const inTurn = serial();
	const lookOnce = async (): Promise<void> => {
		try {
			const fresh = await next(current);
			told = "";
			if (fresh.certificate === current.certificate && fresh.authority === current.authority) return;
			await write(fresh);
			const isOther = fresh.certificate !== current.certificate;
			current = fresh;
			parts.tell(isOther ? OTHER_CERTIFICATE : OTHER_AUTHORITIES, false);
			for (const listener of listeners) listener(fresh);
		} catch (error) {
			const text = `the listeners' certificate of before is kept: ${(error as Error).message}`;
			if (text !== told) parts.tell(text, true);
			told = text;
		} finally {
			waiting -= 1;
		}
	};
	const look = (): Promise<void> => {
		waiting += 1;
		return inTurn(lookOnce);
	};
	const timer = setInterval(() => waiting === 0 && void look(), LOOK_EVERY_MS);
	timer.unref();
	return {
		certificateFile,
		keyFile: clearKeyFile,
		current: () => current,
		authority: () => current.authority,
		onReplaced: (listener) => void listeners.push(listener),
		look,
		close: () => clearInterval(timer),
	};
}

async function readKept(
	certificateFile: string,
	keyFile: string,
	files: SecretFiles,
): Promise<ListenerPair | undefined> {
	try {
		const certificate = (await readGivenFile(certificateFile, MOST_GIVEN_BYTES)).toString("utf8");
		const key = await files.read(keyFile);
		return pairFault({ certificate, key }) === undefined ? { certificate, key } : undefined;
	} catch (error) {
		if (error instanceof ConfigError) throw error;
		return undefined;
	}
}
