import { join } from "node:path";
import { IN_CLEAR, type SecretFiles } from "../../disk/secret-files.ts";
import type { RegistryAccounts } from "../../ports/registry-accounts.ts";
import { readSecret } from "./secret-file.ts";

/** More than any password or token of a registry. In characters. */
const MOST_CHARACTERS = 4096;

/** Accounts as files of a folder: each is called as the account and holds `USER:PASSWORD`, and its mode is 0600. */
export function openRegistryAccounts(folder: string, files: SecretFiles = IN_CLEAR): RegistryAccounts {
	const place = (name: string) => join(folder, name);
	return {
		place,
		async authorization(name) {
			const text = await readSecret(place(name), files, true);
			if (text === undefined) return undefined;
			if (!/^[^:\p{Cc}]+:\P{Cc}+$/u.test(text) || text.length > MOST_CHARACTERS)
				throw new Error(`the registry account ${place(name)} is no USER:PASSWORD in one line`);
			return `Basic ${Buffer.from(text).toString("base64")}`;
		},
	};
}
