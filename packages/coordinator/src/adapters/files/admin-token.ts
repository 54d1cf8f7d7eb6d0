import { randomBytes } from "node:crypto";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { type Digest, sha256Of } from "@rollcall/protocol";
import { IN_CLEAR, type SecretFiles } from "../../disk/secret-files.ts";
import { readSecret, writeSecret } from "./secret-file.ts";

/** The operator's token of a data folder, as far as others may know it. */
export interface AdminToken {
	/** Where it lies. */
	readonly file: string;
	readonly hash: Digest;
	/** Milliseconds since 1970. */
	readonly madeAt: number;
	/** It was made just now: this is the first start, or somebody removed the one before. */
	readonly isNew: boolean;
	readonly isSealed: boolean;
}

/** What is made here, and nothing shorter or longer: what else is in its file was cut, or written by others. */
const FORM = /^rc_[A-Za-z0-9_-]{43}$/;

/** The operator's first token, made at the first start: 256 bits, in `admin-token` of the data folder (0600). Throws an Error for a file that holds no such token. */
export async function adminToken(dataFolder: string, files: SecretFiles = IN_CLEAR): Promise<AdminToken> {
	const file = join(dataFolder, "admin-token");
	const known = await readSecret(file, files);
	if (known !== undefined && !FORM.test(known))
		throw new Error(
			`the operator's token ${file} is damaged: it is not one line of 46 letters as this coordinator makes it; restore it from a backup, or move it away to have a new one made, which counts at once`,
		);
	const token = known ?? `rc_${randomBytes(32).toString("base64url")}`;
	if (known === undefined) await writeSecret(file, token, files);
	return {
		...{ file, hash: sha256Of(token), madeAt: (await stat(file)).mtimeMs },
		...{ isNew: known === undefined, isSealed: files.isSealing },
	};
}
