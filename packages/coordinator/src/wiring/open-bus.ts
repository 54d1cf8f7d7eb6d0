import { definedFields } from "@rollcall/protocol";
import type { Logger } from "pino";
import { storeKey } from "../adapters/files/store-key.ts";
import type { ServerPair } from "../adapters/nats/bus-tls.ts";
import type { OpenBus } from "../adapters/nats/open-bus.ts";
import { openEmbedded } from "../adapters/nats/open-embedded.ts";
import { openExternal } from "../adapters/nats/open-external.ts";
import type { CoordinatorConfig } from "../config.ts";
import type { SecretFiles } from "../disk/secret-files.ts";
import type { Clock } from "../ports/clock.ts";

interface BusParts {
	readonly coordinatorId: string;
	readonly log: Logger;
	/** What an embedded server shows; without it there is no TLS. */
	readonly tls: ServerPair | undefined;
	readonly clock: Clock;
	/** How keys lie on the disk, and the folder in RAM for what the server reads, if they are sealed. */
	readonly files: SecretFiles;
	readonly ram: string | undefined;
	/** Ends the waiting for a cluster that is not there. */
	readonly signal: AbortSignal;
}

/** What a store has above its log, in bytes. */
const STORE_RESERVE_BYTES = 256 * 1024 * 1024;

/** Opens the bus that the configuration names: a nats-server of our own, or an existing cluster. */
export async function openBus(
	config: CoordinatorConfig,
	{ coordinatorId, log, tls, clock, signal, files, ram }: BusParts,
): Promise<OpenBus> {
	const common = {
		dataFolder: config.dataFolder,
		coordinatorId,
		files,
		wall: () => clock.wall(),
		now: () => clock.now(),
		lifetimeSeconds: config.credentialsSeconds,
		...(config.advertise.nats ? { advertise: config.advertise.nats } : {}),
		...(config.signingSeedFile ? { signingSeedFile: config.signingSeedFile } : {}),
		...(config.nextSigningSeedFile ? { nextSigningSeedFile: config.nextSigningSeedFile } : {}),
		onStatus: ({ connected, text }: { connected: boolean; text: string }) =>
			log[connected ? "info" : "warn"]({ connected }, `bus: ${text}`),
	};
	if ("external" in config.nats) {
		const { replicas: _stream, logBytes: _bound, ...external } = config.nats.external;
		return openExternal({ ...common, ...definedFields(external), signal });
	}
	const { logBytes, ...embedded } = config.nats.embedded;
	return openEmbedded({
		...common,
		...embedded,
		tls,
		storeKey: files.isSealing ? await storeKey(config.dataFolder, files) : undefined,
		ramFolder: ram,
		// The log's own bound comes first: what else is in the store must not keep it from being written.
		maxStoreBytes: Math.ceil(logBytes * 1.25) + STORE_RESERVE_BYTES,
		onExit: ({ reason, tail, retryInMs }) => log.warn({ tail: tail.slice(-5), retryInMs }, reason),
		onWarning: (text) => log.warn(text),
		onLog: (line) => log.debug(`nats-server: ${line}`),
	});
}
