import { definedFields } from "@rollcall/protocol";
import { createBeacon } from "../adapters/nats/beacon.ts";
import { createBus } from "../adapters/nats/bus.ts";
import type { ServerPair } from "../adapters/nats/bus-tls.ts";
import { logSource } from "../adapters/nats/log-source.ts";
import type { Base } from "./base.ts";
import { openBus } from "./open-bus.ts";

/** What a coordinator has on the bus: connection, identities, commands, the leader's beacon and the event log. */
export type BusParts = Awaited<ReturnType<typeof openBusParts>>;

/** Opens the bus that the configuration names. `signal` ends the waiting for it. Throws an Error that says what is wrong. */
export async function openBusParts(
	base: Base,
	{ tls, signal, closing }: { tls: ServerPair | undefined; signal: AbortSignal; closing: AsyncDisposableStack },
) {
	const { config, clock, id, log, files, ram } = base;
	const opened = await openBus(config, { coordinatorId: id, log, tls, clock, signal, files, ram });
	const { connection, credentials, server, authority, close } = opened;
	closing.defer(close);
	signal.throwIfAborted();
	const beacon = createBeacon(connection, { coordinatorId: id, monotonic: () => clock.monotonic() });
	closing.defer(() => beacon.close());
	const external = "external" in config.nats ? config.nats.external : undefined;
	const replicas = external?.replicas ?? 1;
	const maxBytes = "embedded" in config.nats ? config.nats.embedded.logBytes : external?.logBytes;
	return {
		connection,
		credentials,
		authority,
		/** Of a server of our own. */
		port: server?.port,
		bus: createBus(connection, credentials, () => clock.wall()),
		beacon,
		eventLog: logSource(connection, definedFields({ replicas, maxBytes })),
	};
}
