import type { AssetSignature } from "@rollcall/protocol";
import { Failure } from "../errors.ts";
import { keysFolder, type MakersKeys, signatureOf } from "./makers-keys.ts";
import type { ReleaseSource } from "./release-source.ts";

/** A file of a release. `signature`: its maker's address of it, where the maker signs. */
interface SignedFile {
	readonly name: string;
	readonly signature?: string;
}

/** The signatures of those files that their makers sign, looked at as far as that goes without the files. Throws Failure. */
export async function signaturesOf<F extends SignedFile>(
	files: readonly F[],
	source: ReleaseSource,
	keys: MakersKeys,
): Promise<Map<F, AssetSignature>> {
	const found = new Map<F, AssetSignature>();
	for (const file of files) {
		const { name, signature: where } = file;
		if (where === undefined) continue;
		const bytes = await source.bytes(where).catch((error: unknown) => {
			if (!(error instanceof Failure)) throw error;
			throw new Failure(`${name}: its maker's signature is missing: ${error.message}`, {
				next: "nothing was fetched: a file that its maker signs has to come with its signature",
			});
		});
		found.set(file, await signatureOf(keys, { file: name, where, bytes }));
	}
	return found;
}

/** What nobody checked, and how it is checked. */
export function unsignedText<F extends SignedFile>(
	files: readonly F[],
	signatures: ReadonlyMap<F, AssetSignature>,
	env: NodeJS.ProcessEnv,
): string | undefined {
	const signed = files.filter((file) => file.signature !== undefined && !signatures.has(file));
	if (signed.length === 0) return undefined;
	const names = signed.map(({ name }) => name.replace(/^.*\//, "")).join(", ");
	return `signed by the maker, and not checked: ${names}; put the maker's OpenPGP key into ${keysFolder(env)}, or name it with --keyring, and fetch again`;
}
