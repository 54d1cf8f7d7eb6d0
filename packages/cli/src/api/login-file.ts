import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { configurationPath } from "../configuration/file.ts";
import { writePrivateFile } from "../configuration/private-file.ts";
import { readOwnText } from "../files/own-text.ts";

/** Somebody who signed in, for one coordinator. */
export interface Login {
	readonly server: string;
	readonly issuer: string;
	readonly clientId: string;
	/** Proves to the coordinator who he is. */
	readonly idToken: string;
	/** When that ends, in milliseconds since 1970. */
	readonly endsAt: number;
	/** Gets the next one from the provider, where that gave one. */
	readonly refreshToken?: string;
}

/** Where the login at a coordinator lies: a file for each, beside the configuration. */
export function loginPath(env: NodeJS.ProcessEnv, server: string): string {
	const name = createHash("sha256").update(server).digest("hex").slice(0, 16);
	return join(dirname(configurationPath(env)), "logins", `${name}.json`);
}

/** Who signed in at this coordinator; undefined where nobody did, or the file is not ours. */
export async function readLogin(env: NodeJS.ProcessEnv, server: string): Promise<Login | undefined> {
	const text = await readOwnText(loginPath(env, server));
	if (text === undefined) return undefined;
	try {
		const login: unknown = JSON.parse(text);
		return isLogin(login) && login.server === server ? login : undefined;
	} catch {
		return undefined;
	}
}

/** Keeps a login, 0600 in a folder of 0700, all or nothing. Returns the file. */
export async function writeLogin(env: NodeJS.ProcessEnv, login: Login): Promise<string> {
	const path = loginPath(env, login.server);
	await writePrivateFile(path, `${JSON.stringify(login)}\n`);
	return path;
}

/** Forgets a login. False where there was none. */
export async function removeLogin(env: NodeJS.ProcessEnv, server: string): Promise<boolean> {
	const path = loginPath(env, server);
	const known = (await readOwnText(path)) !== undefined;
	await rm(path, { force: true });
	return known;
}

function isLogin(value: unknown): value is Login {
	if (typeof value !== "object" || value === null) return false;
	const { server, issuer, clientId, idToken, endsAt, refreshToken } = value as Record<string, unknown>;
	return (
		[server, issuer, clientId, idToken].every((text) => typeof text === "string") &&
		typeof endsAt === "number" &&
		(refreshToken === undefined || typeof refreshToken === "string")
	);
}
