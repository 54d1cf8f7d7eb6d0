import { parseCreds } from "@nats-io/jwt";
import { type Authenticator, credsAuthenticator } from "@nats-io/transport-node";
import { unreadable } from "../../disk/own-text.ts";
import { IN_CLEAR, type SecretFiles } from "../../disk/secret-files.ts";
import { ConfigError } from "../../errors.ts";

/** Reads credentials as `nsc` writes them. `user`: the public key of the user. Throws an Error that names the file. */
export async function readCredentials(
	file: string,
	files: SecretFiles = IN_CLEAR,
): Promise<{ authenticator: Authenticator; accountId: string; user: string }> {
	let content: Uint8Array;
	try {
		content = Buffer.from(await files.readGiven(file));
	} catch (error) {
		if (error instanceof ConfigError) throw error;
		const next = "a file with the user's JWT and seed that this user can read has to be there";
		throw unreadable({ file, is: "the credentials file", next }, error);
	}
	const parsed = await parseCreds(content).catch(() => {
		throw new Error(`the credentials file ${file} holds no user JWT with its seed`);
	});
	return { authenticator: credsAuthenticator(content), accountId: parsed.aid, user: parsed.uc.sub };
}
