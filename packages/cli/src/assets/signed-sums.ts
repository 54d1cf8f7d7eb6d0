import { Readable } from "node:stream";
import { Failure, usageFailure } from "../errors.ts";
import { type MakersKeys, signatureOf } from "./makers-keys.ts";

/** The name under which checksums are looked for, as `sha256sum` writes them. */
export const SUMS = "SHA256SUMS";
const SIGNATURES = ["sign", "asc", "gpg", "sig"].map((end) => `${SUMS}.${end}`);
/** More is no list of checksums. */
export const MOST_SUMS_BYTES = 4 * 2 ** 20;

/** Keys of makers for the checksums of a folder or an archive. */
export interface SumsKeys {
	readonly keys: MakersKeys | undefined;
	/** Checksums without a signature are refused, and files without a checksum. */
	readonly required: boolean;
}

/** Whether a file of a folder or an archive is about its checksums; such files become no assets. */
export function isOfSums(inside: string): boolean {
	return inside === SUMS || SIGNATURES.includes(inside);
}

/** The checksums of a folder or an archive. Throws Failure for a signature that is wrong or, where it is wanted, missing. */
export class Sums {
	readonly #where: string;
	readonly #sums: ReadonlyMap<string, string>;
	/** Whether all of it is signed by a maker. */
	readonly #signed: boolean;

	private constructor(where: string, sums: ReadonlyMap<string, string>, signed: boolean) {
		this.#where = where;
		this.#sums = sums;
		this.#signed = signed;
	}

	/** `files`: what `isOfSums`, by name. `onUnchecked` hears of a signature that nobody checks. */
	static async read(
		where: string,
		files: ReadonlyMap<string, Buffer>,
		{ keys, required }: SumsKeys,
		onUnchecked: (what: string) => void,
	): Promise<Sums> {
		const sums = files.get(SUMS);
		if (sums && sums.length > MOST_SUMS_BYTES)
			throw usageFailure(`${where}: ${SUMS} has more than ${MOST_SUMS_BYTES} bytes`);
		const name = SIGNATURES.find((one) => files.has(one));
		const signature = name === undefined ? undefined : files.get(name);
		if (required && (!sums || !signature))
			throw new Failure(`${where}: there is no ${sums ? `signature of ${SUMS}` : SUMS}`, {
				next: `put ${sums ? SIGNATURES.join(" or ") : SUMS} there, or add the files without --keyring`,
			});
		if (sums && signature && name !== undefined) {
			if (keys) await check(sums, { name: `${where}: ${SUMS}`, signature, at: name, keys });
			else onUnchecked(`${where}: ${name} was not checked; name its maker's OpenPGP key with --keyring`);
		}
		return new Sums(where, sumsIn(sums?.toString("utf8") ?? ""), required);
	}

	/** What a file must hash to; undefined where nothing says so. Throws Failure where it has to be said. */
	of(inside: string): string | undefined {
		const sum = this.#sums.get(inside);
		if (sum === undefined && this.#signed)
			throw new Failure(`${this.#where}: ${inside} is not in ${SUMS}, which is signed`, {
				next: "take the file away, or add it by itself without --keyring",
			});
		return sum;
	}
}

async function check(
	sums: Buffer,
	{ name, signature, at, keys }: { name: string; signature: Buffer; at: string; keys: MakersKeys },
): Promise<void> {
	const wanted = await signatureOf(keys, { file: name, where: at, bytes: signature });
	const { openPgpFault } = await import("@rollcall/coordinator/openpgp");
	const fault = await openPgpFault(Readable.from([sums], { objectMode: false }), wanted, new Date());
	if (fault !== undefined)
		throw new Failure(`${name}: ${fault}`, { next: "nothing was added; get both anew from their maker" });
}

function sumsIn(text: string): Map<string, string> {
	const found = [...text.matchAll(/^([0-9a-f]{64}) [ *](?:\.\/)?(.+)$/gim)];
	return new Map(found.map(([, sum = "", name = ""]) => [name, sum.toLowerCase()]));
}
