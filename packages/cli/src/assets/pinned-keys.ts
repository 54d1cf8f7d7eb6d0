import type { Ring } from "@rollcall/coordinator/openpgp";
import { Failure } from "../errors.ts";
import type { MakersKeys } from "./makers-keys.ts";
import type { ReleaseSource } from "./release-source.ts";

/** A file of a release, and how its maker's key is known. */
interface Keyed {
	readonly makersKey?: { readonly url: string; readonly fingerprint: string };
}

/**
 * The keys of makers that are known by their fingerprints, where the source has them; undefined where it has none, with the reason told to `onMissing`. Another
 * key in such a place is refused. Throws Failure.
 */
export async function pinnedKeys(
	files: readonly Keyed[],
	source: ReleaseSource,
	onMissing: (why: string) => void,
): Promise<MakersKeys | undefined> {
	const known = new Map(files.flatMap(({ makersKey }) => (makersKey ? [[makersKey.url, makersKey.fingerprint]] : [])));
	const ring: Ring[number][] = [];
	for (const [url, fingerprint] of known) {
		const bytes = await source.bytes(url).catch((error: unknown) => {
			if (!(error instanceof Failure)) throw error;
			onMissing(`the maker's key is not there: ${error.message}`);
		});
		if (bytes) ring.push(...(await theKey(bytes, url, fingerprint)));
	}
	return ring.length > 0 ? { ring, from: [...known.keys()].join(", ") } : undefined;
}

async function theKey(bytes: Buffer, url: string, fingerprint: string): Promise<Ring> {
	const { OpenPgpError, readRing } = await import("@rollcall/coordinator/openpgp");
	const read = await readRing(bytes).catch((error: unknown) => {
		if (error instanceof OpenPgpError) throw notTheKey(url, fingerprint, error.message);
		throw error;
	});
	const found = read.filter((key) => key.getFingerprint().toUpperCase() === fingerprint);
	if (found.length > 0) return found;
	throw notTheKey(url, fingerprint, `it is ${read[0]?.getFingerprint().toUpperCase()}`);
}

function notTheKey(url: string, fingerprint: string, why: string): Failure {
	return new Failure(`${url} is not the maker's key ${fingerprint}: ${why}`, {
		next: "nothing was fetched; where the maker has another key now, look for it where that is announced, and give it with --keyring",
	});
}
