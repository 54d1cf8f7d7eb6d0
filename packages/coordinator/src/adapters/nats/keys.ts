import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { createAccount, createOperator, createUser, type KeyPair } from "@nats-io/nkeys";
import { makePrivateFolder, writeAtomically } from "../../disk/atomic-write.ts";
import { ofSetting } from "../../disk/given-file.ts";
import { unreadable } from "../../disk/own-text.ts";
import { IN_CLEAR, type SecretFiles } from "../../disk/secret-files.ts";
import { ConfigError } from "../../errors.ts";
import { SigningKey } from "./signing-key.ts";

/** What each key is for, with the first letter of its public half. */
const KINDS = {
	operator: { letter: "O", make: createOperator },
	system: { letter: "A", make: createAccount },
	account: { letter: "A", make: createAccount },
	coordinator: { letter: "U", make: createUser },
	assignments: { letter: "U", make: createUser },
} as const satisfies Record<string, { letter: string; make: () => KeyPair }>;
export type KeyName = keyof typeof KINDS;

/** The keys of an embedded bus: who may say who is who, and whose signature on an assignment counts. */
export type BusKeys = Readonly<Record<KeyName, SigningKey>>;

/** Reads a seed from a file that an operator named, or, with `isOwn`, that the coordinator wrote. Throws an Error that names the file, never its content. */
export async function readKey(
	file: string,
	letter: "O" | "A" | "U",
	files: SecretFiles = IN_CLEAR,
	isOwn = false,
): Promise<SigningKey> {
	let text: string;
	try {
		text = await (isOwn ? files.read(file) : files.readGiven(file));
	} catch (error) {
		if (error instanceof ConfigError) throw error;
		const next = isOwn ? "restore it from a backup" : "a file with the seed that this user can read has to be there";
		throw unreadable({ file, is: "the key file", next }, error);
	}
	let key: SigningKey;
	try {
		key = new SigningKey(text.trim());
	} catch {
		throw new Error(`the key file ${file} is damaged: it holds no nkey seed; restore it from a backup`);
	}
	if (!key.publicKey.startsWith(letter))
		throw new Error(`the key file ${file} holds a key of another kind (${key.publicKey[0]} instead of ${letter})`);
	return key;
}

/** The same for a seed that a setting of the configuration names, so that an Error names that, too. */
export function readNamedKey(
	setting: string,
	file: string,
	letter: "O" | "A" | "U",
	files: SecretFiles = IN_CLEAR,
): Promise<SigningKey> {
	return ofSetting(setting, () => readKey(file, letter, files));
}

/**
 * The named keys of a folder. A folder without any gets all of them: 0700, the files 0600. Where only some are missing, or one
 * is damaged, it throws: a new one in its place would lock out what the old one let in.
 */
export async function loadKeys<N extends KeyName>(
	folder: string,
	names: readonly N[],
	files: SecretFiles = IN_CLEAR,
): Promise<Record<N, SigningKey>> {
	await makePrivateFolder(folder);
	const fileOf = (name: N): string => join(folder, `${name}.nk`);
	const missing: N[] = [];
	for (const name of names) if (!(await exists(fileOf(name)))) missing.push(name);
	const begun = join(folder, ".begun");
	if (missing.length > 0 && missing.length < names.length && !(await exists(begun)))
		throw new Error(
			`the key file ${fileOf(missing[0] as N)} is missing; restore it from a backup, or remove the folder ${folder} to begin anew (every agent then has to enroll again)`,
		);
	if (missing.length > 0) {
		// A start that was cut short must not look like a loss of keys.
		await writeAtomically(begun, "", 0o600);
		for (const name of missing) {
			const seed = new TextDecoder().decode(KINDS[name].make().getSeed());
			await files.write(fileOf(name), `${seed}\n`);
		}
		await rm(begun);
	}
	const entries = await Promise.all(
		names.map(async (name) => [name, await readKey(fileOf(name), KINDS[name].letter, files, true)] as const),
	);
	return Object.fromEntries(entries) as Record<N, SigningKey>;
}

/** The names of all keys of an embedded bus. */
export const BUS_KEYS = Object.keys(KINDS) as readonly KeyName[];

async function exists(file: string): Promise<boolean> {
	return stat(file).then(
		() => true,
		() => false,
	);
}
