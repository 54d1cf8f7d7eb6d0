import { dirname, resolve } from "node:path";
import { ownValue } from "@rollcall/protocol";
import { Failure, usageFailure } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { readSecretFile } from "../files/read-text.ts";
import { type ClientPair, readClientPair } from "./client-pair.ts";
import { type Context, configurationPath, readConfiguration } from "./file.ts";

/** Where the coordinator is and how to prove who we are. `origin` and `tokenOrigin` say where that was found, for errors. */
export interface Connection {
	readonly server: string;
	readonly origin: string;
	readonly token?: string | undefined;
	readonly tokenOrigin?: string | undefined;
	/** The operator's own certificate, which counts where there is no token. */
	readonly client?: ClientPair | undefined;
	/** Whom it is believed by over HTTPS, PEM; whoever this computer believes without it. */
	readonly authority?: string | undefined;
	/** The context that says so, where it is one. */
	readonly pinnedBy?: string;
}

/** What the command line says about it. */
export interface ConnectionOptions {
	readonly server?: string | undefined;
	readonly tokenFile?: string | undefined;
	readonly caFile?: string | undefined;
	readonly context?: string | undefined;
	/** No token is looked for. */
	readonly asNobody?: true | undefined;
}

/**
 * Finds the coordinator: flags before environment before the configuration file. A token is only taken from the file when
 * it belongs to the server that is meant. Throws Failure.
 */
export async function findConnection(options: ConnectionOptions, env: NodeJS.ProcessEnv): Promise<Connection> {
	const path = configurationPath(env);
	const { contexts, current } = await readConfiguration(path);
	const named = options.context ?? current;
	const context = named === undefined ? undefined : ownValue(contexts, named);
	if (options.context !== undefined && !context) {
		const known = Object.keys(contexts).join(", ") || "none";
		throw new Failure(`no context named ${options.context} in ${path}`, {
			exit: EXIT.notFound,
			next: `contexts there: ${known}`,
		});
	}
	const asked = options.server
		? { server: options.server, origin: "--server" }
		: options.context === undefined && env.ROLLCALL_SERVER
			? { server: env.ROLLCALL_SERVER, origin: "$ROLLCALL_SERVER" }
			: undefined;
	const found = asked ?? (context ? { server: context.server, origin: `context ${named} of ${path}` } : undefined);
	if (!found) {
		throw new Failure("no coordinator is known here", {
			exit: EXIT.unreachable,
			next: "start one with `rollcall up`, or name one with --server or $ROLLCALL_SERVER",
		});
	}
	const server = checkServer(found.server, found.origin);
	const [ownerName, owner] = asked
		? (Object.entries(contexts).find(([, entry]) => sameServer(entry.server, server)) ?? [])
		: [named, context];
	const authority = await findAuthority(options, env, owner);
	const isPinned = authority !== undefined && ownerName !== undefined && authority === owner?.authority;
	const token = await findToken(options, { env, owner, path });
	const client = token.token === undefined && !options.asNobody ? await findClient(owner, path) : undefined;
	return { server, origin: found.origin, authority, ...(isPinned ? { pinnedBy: ownerName } : {}), client, ...token };
}

interface TokenSources {
	readonly env: NodeJS.ProcessEnv;
	readonly owner: Context | undefined;
	readonly path: string;
}

/** The certificate of the context for this server. Without HTTPS there is no way to show it. */
async function findClient(owner: Context | undefined, path: string): Promise<ClientPair | undefined> {
	const { server, clientCertificate, clientKey } = owner ?? {};
	if (clientCertificate === undefined || clientKey === undefined || !server?.startsWith("https:")) return undefined;
	const beside = (file: string): string => resolve(dirname(path), file);
	return readClientPair({ certificate: beside(clientCertificate), key: beside(clientKey) }, path);
}

async function findToken(
	options: ConnectionOptions,
	sources: TokenSources,
): Promise<Pick<Connection, "token" | "tokenOrigin">> {
	const { env, owner, path } = sources;
	if (options.asNobody) return {};
	if (options.tokenFile) return readToken(options.tokenFile, "--token-file");
	if (env.ROLLCALL_TOKEN_FILE) return readToken(env.ROLLCALL_TOKEN_FILE, "$ROLLCALL_TOKEN_FILE");
	if (owner?.token) return { token: owner.token, tokenOrigin: path };
	// A file that a file names lies beside it.
	if (owner?.tokenFile) return readToken(resolve(dirname(path), owner.tokenFile), path);
	return {};
}

async function findAuthority(
	{ caFile }: ConnectionOptions,
	{ ROLLCALL_CA_FILE }: NodeJS.ProcessEnv,
	owner: Context | undefined,
): Promise<string | undefined> {
	if (caFile) return readAuthority(caFile, "--ca-file");
	return ROLLCALL_CA_FILE ? readAuthority(ROLLCALL_CA_FILE, "$ROLLCALL_CA_FILE") : owner?.authority;
}

/** Reads certificates of authorities, PEM. Throws Failure. */
export async function readAuthority(file: string, origin: string): Promise<string> {
	const text = await readSecretFile(file, origin);
	if (!/-----BEGIN CERTIFICATE-----/.test(text))
		throw usageFailure(`${origin} ${file}: it holds no certificate in PEM`);
	return text;
}

/** Reads the file of a token. Throws Failure where there is none in it. */
export async function readToken(file: string, origin: string): Promise<{ token: string; tokenOrigin: string }> {
	const text = await readSecretFile(file, `token file (${origin})`);
	if (text.startsWith("rollcall-sealed "))
		throw usageFailure(
			`token file (${origin}) ${file}: it is sealed by its coordinator`,
			"rollcall coordinator --config FILE --show admin-token writes it in clear, on the coordinator's computer",
		);
	const token = text.trim();
	if (!/^[\x21-\x7e]{1,512}$/.test(token)) {
		throw usageFailure(`token file (${origin}) ${file}: it must hold one token and nothing else`);
	}
	return { token, tokenOrigin: origin === "--token-file" ? file : origin };
}

/** The origin of a coordinator's address. Throws Failure. */
export function checkServer(text: string, origin: string): string {
	const url = URL.canParse(text) ? new URL(text) : undefined;
	if (!url || !/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "") {
		throw usageFailure(`${origin}: not the address of a coordinator`, "it looks like https://127.0.0.1:7420");
	}
	return url.origin;
}

function sameServer(text: string, server: string): boolean {
	return URL.canParse(text) && new URL(text).origin === server;
}
