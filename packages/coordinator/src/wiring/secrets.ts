import { join, resolve } from "node:path";
import { systemReason } from "@rollcall/protocol";
import type { Logger } from "pino";
import {
	type FolderSealer,
	openSealer,
	refuseSealed,
	type SecretPlace,
	sealFolders,
} from "../adapters/files/seal-folders.ts";
import { readSealingKey } from "../adapters/files/sealing-key.ts";
import { makeStoreKey } from "../adapters/files/store-key.ts";
import type { CoordinatorConfig, SecretsKeyConfig } from "../config.ts";
import { MOST_OWN_BYTES } from "../disk/given-file.ts";
import type { KeySource } from "../disk/sealed.ts";
import { IN_CLEAR, type SecretFiles, sealedBy } from "../disk/secret-files.ts";
import { ConfigError } from "../errors.ts";

/** The folders that a coordinator keeps secrets in: those that the configuration names, else in the data folder. */
export function foldersOf(config: CoordinatorConfig) {
	const { dataFolder } = config;
	return {
		keys: join(dataFolder, "keys"),
		tls: join(dataFolder, "tls"),
		authorities: config.authorityFolder ?? join(dataFolder, "keys", "authorities"),
		snapshots: config.etcdSnapshotFolder ?? join(dataFolder, "etcd-snapshots"),
		accounts: config.registryAccountFolder ?? join(dataFolder, "registry-accounts"),
	};
}

/** What is sealed. Files that the configuration names one by one belong to the operator, and stay as they are. */
function placesOf(config: CoordinatorConfig): readonly SecretPlace[] {
	const folders = foldersOf(config);
	return [
		{ folder: folders.keys, names: /\.(?:nk|key|creds)$/ },
		{ folder: folders.authorities, names: /^listeners(?:-next)?\.pem$|\.key$/ },
		{ folder: folders.snapshots, names: /^[0-9a-f]{64}\.json$/ },
		{ folder: folders.tls, names: /^server\.key$/ },
		{ folder: config.dataFolder, names: /^admin-token$/ },
		{ folder: config.dataFolder, names: /^(?:cluster|snapshot)\.json$/, isMade: true },
		...(config.registryAccountFolder === undefined
			? [{ folder: folders.accounts, names: /^[^.]/, isGiven: true as const }]
			: []),
	];
}

/** The sealer that the configuration names; undefined for none. Throws ConfigError for another key than before, and for none where there was one. */
async function configuredSealer(
	{ dataFolder, secrets }: CoordinatorConfig,
	environment: NodeJS.ProcessEnv,
): Promise<FolderSealer | undefined> {
	if (secrets === undefined) {
		await refuseSealed(dataFolder);
		return undefined;
	}
	const source = (key: SecretsKeyConfig, name?: "secrets.previousKey"): Promise<KeySource> =>
		readSealingKey(key, { dataFolder, environment }, name);
	const { key, previousKey } = secrets;
	return openSealer(dataFolder, await source(key), previousKey && (await source(previousKey, "secrets.previousKey")));
}

/** How a coordinator that starts reads and writes secrets: what lies in clear, and is to be sealed, is sealed first. Throws ConfigError. */
export async function startSecrets(
	config: CoordinatorConfig,
	log: Pick<Logger, "info">,
	environment: NodeJS.ProcessEnv,
): Promise<SecretFiles> {
	const sealer = await configuredSealer(config, environment);
	if (sealer === undefined) return IN_CLEAR;
	const { dataFolder } = config;
	const files = sealedBy(sealer);
	// Before the folder counts as sealed: a store without its key is a loss from then on.
	const beforeDone = () => makeStoreKey(dataFolder, files);
	const { sealed, changed } = await sealFolders(dataFolder, placesOf(config), { sealer, beforeDone });
	if (sealed > 0)
		log.info(
			{ count: sealed },
			"secrets that lay in clear are sealed now; what they were may still be on the disk and in backups",
		);
	if (sealer.previous)
		log.info(
			{ count: changed },
			"nothing is sealed with secrets.previousKey any more: take it out of the configuration",
		);
	return files;
}

/** A secret of the data folder in clear, by its path there, such as `admin-token`. Throws ConfigError. */
export async function showSecret(
	config: CoordinatorConfig,
	path: string,
	environment: NodeJS.ProcessEnv,
): Promise<string> {
	const file = resolve(config.dataFolder, path);
	const sealer = await configuredSealer(config, environment);
	const files = sealer ? sealedBy(sealer) : IN_CLEAR;
	return files.readGiven(file, MOST_OWN_BYTES).catch((error: unknown) => {
		throw error instanceof ConfigError ? error : new ConfigError(`${file} cannot be shown: ${systemReason(error)}`);
	});
}
