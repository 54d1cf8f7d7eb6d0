import { closeSync, openSync, readSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { plainText, systemReason } from "@rollcall/protocol";
import type { z } from "zod";
import { CoordinatorConfig, type SecretsKeyConfig } from "../../config.ts";
import { checkSettings } from "../../document/check-settings.ts";
import { ConfigError } from "../../errors.ts";

/** So many faults of a configuration are told at once. */
const MOST_FINDINGS = 8;
/** So much of a configuration is looked at at all. */
const MOST_BYTES = 1024 * 1024;

/** Reads a file of settings, YAML. Throws ConfigError. */
export function readSettings<S extends z.ZodType>(schema: S, file: string): z.output<S> {
	const checked = checkSettings(schema, readText(file));
	if (checked.ok) return checked.settings;
	const findings = checked.findings.slice(0, MOST_FINDINGS).join("; ");
	throw new ConfigError(`${file}: ${findings}; docs/operations.md lists the settings`);
}

/** Reads the configuration file. Paths in it are made absolute, from its own folder. Throws ConfigError. */
export function readConfig(file: string): CoordinatorConfig {
	const config = readSettings(CoordinatorConfig, file);
	const at = <T extends string | undefined>(path: T): T =>
		path === undefined ? path : (resolve(dirname(file), path) as T);
	const { nats, boot, tls, secrets, tpm } = config;
	return {
		...config,
		dataFolder: at(config.dataFolder),
		...(config.document === undefined ? {} : { document: at(config.document) }),
		...(config.authorityFolder === undefined ? {} : { authorityFolder: at(config.authorityFolder) }),
		...(config.etcdSnapshotFolder === undefined ? {} : { etcdSnapshotFolder: at(config.etcdSnapshotFolder) }),
		...(config.registryAccountFolder === undefined ? {} : { registryAccountFolder: at(config.registryAccountFolder) }),
		...(config.manifests === undefined ? {} : { manifests: at(config.manifests) }),
		...(config.signingSeedFile === undefined ? {} : { signingSeedFile: at(config.signingSeedFile) }),
		...(config.nextSigningSeedFile === undefined ? {} : { nextSigningSeedFile: at(config.nextSigningSeedFile) }),
		...(boot
			? {
					boot: {
						...boot,
						...(boot.document === undefined ? {} : { document: at(boot.document) }),
						...(boot.agent === undefined ? {} : { agent: at(boot.agent) }),
						...(boot.keyFile === undefined ? {} : { keyFile: at(boot.keyFile) }),
					},
				}
			: {}),
		...(secrets === undefined ? {} : { secrets: keysAt(secrets, at) }),
		tpm: tpm.authorities === undefined ? tpm : { authorities: at(tpm.authorities) },
		tls: tls === "off" ? tls : { ...tls, ...("certificateFile" in tls ? givenAt(tls, at) : {}), ...clientsAt(tls, at) },
		nats:
			"external" in nats
				? {
						external: {
							...nats.external,
							credentialsFile: at(nats.external.credentialsFile),
							accountSeedFile: at(nats.external.accountSeedFile),
							...(nats.external.authorityFile ? { authorityFile: at(nats.external.authorityFile) } : {}),
							...(nats.external.systemCredentialsFile
								? { systemCredentialsFile: at(nats.external.systemCredentialsFile) }
								: {}),
							...(nats.external.operatorSeedFile ? { operatorSeedFile: at(nats.external.operatorSeedFile) } : {}),
						},
					}
				: nats,
	};
}

type At = (path: string) => string;
type Tls = Exclude<CoordinatorConfig["tls"], "off">;

function keysAt({ key, previousKey }: NonNullable<CoordinatorConfig["secrets"]>, at: At) {
	return { key: keyAt(key, at), ...(previousKey === undefined ? {} : { previousKey: keyAt(previousKey, at) }) };
}

function keyAt(key: SecretsKeyConfig, at: At): SecretsKeyConfig {
	if ("file" in key) return { file: at(key.file) };
	return "passphraseFile" in key ? { passphraseFile: at(key.passphraseFile) } : key;
}

function givenAt(tls: Extract<Tls, { certificateFile: string }>, at: At) {
	const { certificateFile, keyFile, authorityFile } = tls;
	return {
		certificateFile: at(certificateFile),
		keyFile: at(keyFile),
		...(authorityFile === undefined ? {} : { authorityFile: at(authorityFile) }),
	};
}

function clientsAt({ clientAuthorities }: Tls, at: At) {
	if (!clientAuthorities) return {};
	const { file, revocations } = clientAuthorities;
	const lists = revocations === undefined ? {} : { revocations: at(revocations) };
	return { clientAuthorities: { ...clientAuthorities, file: at(file), ...lists } };
}

function readText(file: string): string {
	let bytes: Uint8Array;
	try {
		bytes = firstBytes(file);
	} catch (error) {
		throw new ConfigError(`${file}: ${systemReason(error)}`);
	}
	if (bytes.length > MOST_BYTES) throw new ConfigError(`${file}: it has more than ${MOST_BYTES / 1024} KiB`);
	const read = plainText(bytes);
	if (!read.ok) throw new ConfigError(`${file}: ${read.reason}`);
	return read.text;
}

/** A file's bytes; of one that has more than are looked at, one more than those: a device may have no end. */
function firstBytes(file: string): Uint8Array {
	const handle = openSync(file, "r");
	try {
		const bytes = Buffer.alloc(MOST_BYTES + 1);
		let length = 0;
		for (let read = -1; read !== 0 && length < bytes.length; length += read)
			read = readSync(handle, bytes, length, bytes.length - length, null);
		return bytes.subarray(0, length);
	} finally {
		closeSync(handle);
	}
}
