import type { Connection, ConnectionOptions } from "../configuration/connection.ts";
import { readLogin, writeLogin } from "./login-file.ts";

/** A login that ends within this time is renewed before it is used. */
const RENEWED_BEFORE_MS = 30_000;

/**
 * The connection with the token of who signed in at its coordinator, renewed where that ends soon; as it was where nobody did, or where the
 * command line or the environment names a token. Throws Failure.
 */
export async function asSignedIn(
	connection: Connection,
	{ tokenFile, asNobody }: ConnectionOptions,
	env: NodeJS.ProcessEnv,
): Promise<Connection> {
	if (tokenFile || asNobody || env.ROLLCALL_TOKEN_FILE) return connection;
	const login = await readLogin(env, connection.server);
	if (!login) return connection;
	const tokenOrigin = "rollcall login";
	if (login.endsAt > Date.now() + RENEWED_BEFORE_MS) return { ...connection, token: login.idToken, tokenOrigin };
	const { renewed } = await import("./sign-in.ts");
	const next = await renewed(login);
	await writeLogin(env, next);
	return { ...connection, token: next.idToken, tokenOrigin };
}
