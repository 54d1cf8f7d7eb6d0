import { writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { createUser } from "@nats-io/nkeys";
import { systemReason } from "@rollcall/protocol";
import { readSettings } from "../adapters/files/read-config.ts";
import { processLogger } from "../adapters/logger/logger.ts";
import { readNamedKey } from "../adapters/nats/keys.ts";
import { MOST_GIVEN_BYTES, ofSetting, readGivenFile } from "../disk/given-file.ts";
import { ConfigError } from "../errors.ts";
import { RelaySettings } from "./config.ts";
import { runRelay } from "./run.ts";

/** Runs a relay with the settings of a file until `signal` is aborted. Throws ConfigError, or an Error that names a file. */
export async function startRelay(file: string, signal: AbortSignal): Promise<void> {
	const settings = readSettings(RelaySettings, file);
	const at = (path: string): string => resolve(dirname(file), path);
	const log = processLogger(settings.logLevel, process.stderr);
	const keyFile = at(settings.keyFile);
	const seed = new TextDecoder().decode(createUser().getSeed());
	await writeFile(keyFile, `${seed}\n`, { mode: 0o600, flag: "wx" }).catch((error: NodeJS.ErrnoException) => {
		if (error.code !== "EEXIST") throw new ConfigError(`keyFile ${keyFile} cannot be made: ${systemReason(error)}`);
	});
	const key = await readNamedKey("keyFile", keyFile, "U");
	const { authorityFile } = settings;
	const authority = async (): Promise<string | undefined> =>
		authorityFile === undefined
			? undefined
			: (await ofSetting("authorityFile", () => readGivenFile(at(authorityFile), MOST_GIVEN_BYTES))).toString("utf8");
	await authority();
	log.info({ publicKey: key.publicKey }, `relay ${settings.name} begins; its public key is ${key.publicKey}`);
	await runRelay(settings, { key, authority, log, signal });
}
