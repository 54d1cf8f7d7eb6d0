import { homedir } from "node:os";
import { join } from "node:path";
import { systemReason } from "@rollcall/protocol";
import { Failure } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { bytesOf } from "../files/read-text.ts";
import { writePrivateFile } from "./private-file.ts";

/** One coordinator that the operator knows. Either the token itself or a file that holds it. */
export interface Context {
	readonly server: string;
	readonly token?: string;
	readonly tokenFile?: string;
	/** In place of a token: the operator's certificate and its private key, files in PEM. */
	readonly clientCertificate?: string;
	readonly clientKey?: string;
	/** Whom it is believed by over HTTPS, PEM. */
	readonly authority?: string;
	/** Process id of the `rollcall up` that wrote it and removes it again. */
	readonly owner?: number;
}

/** So much has no configuration. */
const MOST_BYTES = 4 * 2 ** 20;

/** The operator's configuration. `current` names the context that is used when nothing else is said. */
export interface Configuration {
	readonly current?: string;
	readonly contexts: Readonly<Record<string, Context>>;
}

/** Where the configuration lies: `$ROLLCALL_CONFIG`, else below `$XDG_CONFIG_HOME`, else `~/.config/rollcall/config.json`. */
export function configurationPath(env: NodeJS.ProcessEnv): string {
	if (env.ROLLCALL_CONFIG) return env.ROLLCALL_CONFIG;
	return join(env.XDG_CONFIG_HOME || join(env.HOME || homedir(), ".config"), "rollcall", "config.json");
}

/** Reads the configuration; an absent file is an empty one. Throws Failure for one that is not ours. */
export async function readConfiguration(path: string): Promise<Configuration> {
	let text: string;
	try {
		text = (await bytesOf(path, MOST_BYTES)).toString("utf8");
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ENOENT") return { contexts: {} };
		throw badFile(path, systemReason(error));
	}
	if (text.length > MOST_BYTES) throw badFile(path, `it has more than ${MOST_BYTES / 2 ** 20} MiB`);
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch {
		throw badFile(path, "it is not JSON");
	}
	return checked(path, value);
}

/** Writes the configuration, 0600, all or nothing. */
export async function writeConfiguration(path: string, configuration: Configuration): Promise<void> {
	await writePrivateFile(path, `${JSON.stringify(configuration, null, 2)}\n`);
}

function badFile(path: string, reason: string): Failure {
	return new Failure(`configuration file ${path}: ${reason}`, {
		exit: EXIT.usage,
		next: "correct or remove it, or name another with $ROLLCALL_CONFIG",
	});
}

function checked(path: string, value: unknown): Configuration {
	if (!isRecord(value) || !isRecord(value.contexts)) throw badFile(path, "it has no contexts");
	const contexts = new Map<string, Context>();
	for (const [name, entry] of Object.entries(value.contexts)) {
		if (!isRecord(entry) || typeof entry.server !== "string") throw badFile(path, `contexts.${name} has no server`);
		const { server, token, tokenFile, clientCertificate, clientKey, authority, owner } = entry;
		contexts.set(name, {
			server,
			...(typeof token === "string" ? { token } : {}),
			...(typeof tokenFile === "string" ? { tokenFile } : {}),
			...(typeof clientCertificate === "string" ? { clientCertificate } : {}),
			...(typeof clientKey === "string" ? { clientKey } : {}),
			...(typeof authority === "string" ? { authority } : {}),
			...(typeof owner === "number" ? { owner } : {}),
		});
	}
	const known = { contexts: Object.fromEntries(contexts) };
	return typeof value.current === "string" ? { current: value.current, ...known } : known;
}

function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}
