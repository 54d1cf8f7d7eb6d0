import { readFile } from "node:fs/promises";
import { parseCreds } from "@nats-io/jwt";
import { type Authenticator, credsAuthenticator } from "@nats-io/transport-node";

/** Reads credentials as `nsc` writes them. `user`: the public key of the user. Throws an Error that names the file. */
export async function readCredentials(
	file: string,
): Promise<{ authenticator: Authenticator; accountId: string; user: string }> {
	let content: Uint8Array;
	try {
		content = await readFile(file);
	} catch (error) {
		throw new Error(`the credentials file ${file} cannot be read: ${(error as Error).message}`);
	}
	const parsed = await parseCreds(content).catch(() => {
		throw new Error(`the credentials file ${file} holds no user JWT with its seed`);
	});
	return { authenticator: credsAuthenticator(content), accountId: parsed.aid, user: parsed.uc.sub };
}
