import type { Connection, ConnectionOptions } from "../configuration/connection.ts";
import { alone } from "./alone.ts";
import { type Login, loginPath, readLogin, writeLogin } from "./login-file.ts";

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
	const usable = isFresh(login) ? login : await renewedLogin(connection.server, env);
	return usable ? { ...connection, token: usable.idToken, tokenOrigin: "rollcall login" } : connection;
}

function isFresh({ endsAt }: Login): boolean {
	return endsAt > Date.now() + RENEWED_BEFORE_MS;
}

/**
 * A login that lasts. Alone: a provider gives each refresh token once, and takes one that comes again for stolen, so that two commands
 * at the same moment would end the login. Undefined where somebody signed out meanwhile.
 */
function renewedLogin(server: string, env: NodeJS.ProcessEnv): Promise<Login | undefined> {
	return alone(`${loginPath(env, server)}.lock`, async () => {
		const login = await readLogin(env, server);
		if (!login || isFresh(login)) return login;
		const { renewed } = await import("./sign-in.ts");
		const next = await renewed(login);
		await writeLogin(env, next);
		return next;
	});
}
