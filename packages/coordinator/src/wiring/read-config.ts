import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { check, plainText, systemReason } from "@rollcall/protocol";
import { ConfigError, CoordinatorConfig } from "../config.ts";
import { readYaml } from "../document/read-yaml.ts";

/** Reads the configuration file. Paths in it are made absolute, from its own folder. Throws ConfigError. */
export function readConfig(file: string): CoordinatorConfig {
	const value = readYamlFile(file);
	const checked = check(CoordinatorConfig, value, file);
	if (!checked.ok) {
		const rest = (checked.problem.details?.length ?? 1) - 1;
		throw new ConfigError(
			`${checked.problem.message}${rest > 0 ? ` (and ${rest} more)` : ""}; docs/operations.md lists the settings`,
		);
	}
	const config = checked.value;
	const at = <T extends string | undefined>(path: T): T =>
		path === undefined ? path : (resolve(dirname(file), path) as T);
	const { nats, boot } = config;
	return {
		...config,
		dataFolder: at(config.dataFolder),
		...(config.document === undefined ? {} : { document: at(config.document) }),
		...(config.authorityFolder === undefined ? {} : { authorityFolder: at(config.authorityFolder) }),
		...(config.etcdSnapshotFolder === undefined ? {} : { etcdSnapshotFolder: at(config.etcdSnapshotFolder) }),
		...(config.manifests === undefined ? {} : { manifests: at(config.manifests) }),
		...(config.signingSeedFile === undefined ? {} : { signingSeedFile: at(config.signingSeedFile) }),
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
		nats:
			"external" in nats
				? {
						external: {
							...nats.external,
							credentialsFile: at(nats.external.credentialsFile),
							accountSeedFile: at(nats.external.accountSeedFile),
							...(nats.external.systemCredentialsFile
								? { systemCredentialsFile: at(nats.external.systemCredentialsFile) }
								: {}),
							...(nats.external.operatorSeedFile ? { operatorSeedFile: at(nats.external.operatorSeedFile) } : {}),
						},
					}
				: nats,
	};
}

function readYamlFile(file: string): unknown {
	let bytes: Uint8Array;
	try {
		bytes = readFileSync(file);
	} catch (error) {
		throw new ConfigError(`${file}: ${systemReason(error)}`);
	}
	const read = plainText(bytes);
	if (!read.ok) throw new ConfigError(`${file}: ${read.reason}`);
	const yaml = readYaml(read.text);
	if (yaml.ok) return yaml.value;
	const [finding] = yaml.findings;
	throw new ConfigError(`${file}: ${finding?.message}${finding?.suggestion ? ` (${finding.suggestion})` : ""}`);
}
