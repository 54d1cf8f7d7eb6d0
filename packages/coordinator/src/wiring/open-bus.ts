import type { Logger } from "pino";
import { type OpenBus, openEmbedded, openExternal } from "../adapters/nats/open.ts";
import type { CoordinatorConfig } from "../config.ts";

interface BusParts {
	readonly coordinatorId: string;
	readonly log: Logger;
	/** Ends the waiting for a cluster that is not there. */
	readonly signal: AbortSignal;
}

/** Opens the bus that the configuration names: a nats-server of our own, or an existing cluster. */
export function openBus(config: CoordinatorConfig, { coordinatorId, log, signal }: BusParts): Promise<OpenBus> {
	const common = {
		dataFolder: config.dataFolder,
		coordinatorId,
		lifetimeSeconds: config.credentialsSeconds,
		...(config.advertise.nats ? { advertise: config.advertise.nats } : {}),
		...(config.signingSeedFile ? { signingSeedFile: config.signingSeedFile } : {}),
		onStatus: ({ connected, text }: { connected: boolean; text: string }) =>
			log[connected ? "info" : "warn"]({ connected }, `bus: ${text}`),
	};
	if ("external" in config.nats) {
		const { replicas: _stream, ...external } = config.nats.external;
		return openExternal({ ...common, ...dropUndefined(external), signal });
	}
	return openEmbedded({
		...common,
		...config.nats.embedded,
		onExit: ({ reason, tail, retryInMs }) => log.warn({ tail: tail.slice(-5), retryInMs }, reason),
		onLog: (line) => log.debug(`nats-server: ${line}`),
	});
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

function dropUndefined<T extends object>(value: T): Defined<T> {
	return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as Defined<T>;
}
