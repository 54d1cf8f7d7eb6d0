import { stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Ring } from "@rollcall/coordinator/openpgp";
import { type AssetSignature, systemReason } from "@rollcall/protocol";
import { configurationPath } from "../configuration/file.ts";
import { Failure, usageFailure } from "../errors.ts";
import { readFolder } from "../files/read-folder.ts";
import { bytesOf } from "../files/read-text.ts";

/** Keys of makers that the operator gave. */
export interface MakersKeys {
	readonly ring: Ring;
	/** Where they are from, for errors. */
	readonly from: string;
}

const openPgp = () => import("@rollcall/coordinator/openpgp");

/** The folder that holds keys of makers once and for all: beside the configuration file. */
export function keysFolder(env: NodeJS.ProcessEnv): string {
	return join(dirname(configurationPath(env)), "makers-keys");
}

/** The keys in a file or a folder, else those in the folder that is there for them; undefined where that is not. Throws Failure. */
export async function makersKeys(given: string | undefined, env: NodeJS.ProcessEnv): Promise<MakersKeys | undefined> {
	const from = given ?? keysFolder(env);
	const found = await stat(from).catch((error: NodeJS.ErrnoException) => {
		if (given === undefined && error.code === "ENOENT") return undefined;
		throw usageFailure(`${from}: ${systemReason(error)}`, "name a file or a folder with the keys of makers");
	});
	if (!found) return undefined;
	const files = found.isDirectory()
		? await readFolder(from)
		: new Map([["", await bytesOf(from, (await openPgp()).MOST_RING_BYTES)]]);
	const ring = (await Promise.all([...files].map(([name, bytes]) => ringIn(join(from, name), bytes)))).flat();
	if (ring.length > 0) return { ring, from };
	throw usageFailure(`${from}: no key of a maker is in it`, "put the makers' keys there, or remove the folder");
}

/** The keys in a file that is OpenPGP's; undefined for another. Throws Failure. */
export async function openPgpKeys(path: string): Promise<MakersKeys | undefined> {
	const { isOpenPgp, MOST_RING_BYTES } = await openPgp();
	const bytes = await bytesOf(path, MOST_RING_BYTES).catch((error: unknown) => {
		throw usageFailure(`${path}: ${systemReason(error)}`, "name the file of a public key");
	});
	return isOpenPgp(bytes) ? { ring: await ringIn(path, bytes), from: path } : undefined;
}

async function ringIn(path: string, bytes: Buffer): Promise<Ring> {
	const { OpenPgpError, readRing } = await openPgp();
	return readRing(bytes).catch((error: unknown) => {
		if (!(error instanceof OpenPgpError)) throw error;
		throw usageFailure(
			`${path}: ${error.message}`,
			"give the maker's public key as it is published, armored or binary",
		);
	});
}

/** The signature of a file and the key that made it, to be checked by whoever has the content. `where` it was found is for errors. Throws Failure. */
export async function signatureOf(
	{ ring, from }: MakersKeys,
	{ file, where, bytes }: { readonly file: string; readonly where: string; readonly bytes: Buffer },
): Promise<AssetSignature> {
	const { OpenPgpError, signedBy } = await openPgp();
	try {
		const { publicKey, signature } = await signedBy(bytes, ring, new Date());
		return { publicKey, signature };
	} catch (error) {
		if (!(error instanceof OpenPgpError)) throw error;
		throw new Failure(`${file}: its maker's signature ${where} does not count: ${error.message}`, {
			next: `compare with what the maker publishes: the key belongs into ${from}, and a mirror may have another signature, or a damaged one`,
		});
	}
}
