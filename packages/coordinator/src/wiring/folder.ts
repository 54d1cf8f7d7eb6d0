import { randomBytes, randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { readSecret, writeSecret } from "../adapters/files/secret-file.ts";
import { ConfigError } from "../config.ts";
import { makePrivateFolder, writeAtomically } from "../disk/atomic-write.ts";

/** The operator's first token, made at the first start: 256 bits, in `admin-token` of the data folder (0600). */
export async function adminToken(dataFolder: string): Promise<string> {
	const file = join(dataFolder, "admin-token");
	const known = await readSecret(file);
	if (known !== undefined) return known;
	const token = `rc_${randomBytes(32).toString("base64url")}`;
	await writeSecret(file, token);
	return token;
}

/** What this coordinator is called among others; the same over its restarts. */
export async function coordinatorId(dataFolder: string): Promise<string> {
	const file = join(dataFolder, "coordinator-id");
	const known = await readText(file);
	if (known !== undefined && /^[a-z0-9-]{1,64}$/.test(known)) return known;
	const id = `c-${randomUUID().slice(0, 8)}`;
	await writeAtomically(file, `${id}\n`, 0o600);
	return id;
}

/** Which log this coordinator saw last; an empty log with another origin means that it was lost. */
export function seenLog(dataFolder: string): {
	load(): Promise<string | undefined>;
	save(origin: string): Promise<void>;
} {
	const file = join(dataFolder, "log-origin");
	return { load: () => readText(file), save: (origin) => writeAtomically(file, `${origin}\n`, 0o600) };
}

/** Tells others on this computer where the API is, where machines boot from, and who serves it. */
export function announceApi(dataFolder: string, urls: { url: string; boot?: string }): Promise<void> {
	return writeAtomically(join(dataFolder, "api.json"), `${JSON.stringify({ ...urls, pid: process.pid })}\n`, 0o644);
}

/** The key that signs boot tokens: 256 bits, in a file that the operator named, or one that is made in `keys/` (0600). */
export async function bootKey(dataFolder: string, named: string | undefined): Promise<Uint8Array> {
	const own = join(dataFolder, "keys", "boot-token.key");
	const known = await readSecret(named ?? own);
	if (known === undefined && named !== undefined)
		throw new ConfigError(`there is no key for boot tokens at ${named} (boot.keyFile)`);
	const text = known ?? randomBytes(32).toString("base64url");
	const key = Buffer.from(text, "base64url");
	if (key.length < 32)
		throw new ConfigError(`${named ?? own} holds no key for boot tokens: 32 random bytes as base64 text`);
	if (known === undefined) {
		await makePrivateFolder(join(dataFolder, "keys"));
		await writeSecret(own, text);
	}
	return key;
}

async function readText(file: string): Promise<string | undefined> {
	try {
		return (await readFile(file, "utf8")).trim();
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
		throw error;
	}
}
