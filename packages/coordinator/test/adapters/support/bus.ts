import { randomUUID } from "node:crypto";
import { createUser, type KeyPair } from "@nats-io/nkeys";
import { connect, jwtAuthenticator, type NatsConnection } from "@nats-io/transport-node";
import { BootId, type Event, inboxPrefix, MachineId, UserPublicKey } from "@rollcall/protocol";
import { ownFolder } from "@rollcall/test-support/own-folder";
import { stretched } from "@rollcall/test-support/stretch";
import type { ExecutionContext } from "ava";
import type { OpenBus } from "../../../src/adapters/nats/open-bus.ts";
import { type EmbeddedBusOptions, openEmbedded } from "../../../src/adapters/nats/open-embedded.ts";

/** A real embedded nats-server on a random port with a connected coordinator; ended with the test. */
export async function startEmbedded(
	t: ExecutionContext,
	options: Partial<EmbeddedBusOptions> = {},
): Promise<OpenBus & { readonly dataFolder: string; readonly url: string; readonly pid: () => number }> {
	const dataFolder = options.dataFolder ?? ownFolder(t);
	const bus = await openEmbedded({
		coordinatorId: "coordinator-1",
		wall: Date.now,
		now: Date.now,
		...options,
		dataFolder,
	});
	t.teardown(() => bus.close());
	const { server } = bus;
	if (!server) throw new Error("an embedded bus has a server");
	const pid = (): number => {
		if (server.pid === undefined) throw new Error("the server is down");
		return server.pid;
	};
	return { ...bus, dataFolder, url: server.url, pid };
}

/** An incarnation with a key pair of its own. */
export interface TestAgent {
	readonly machineId: MachineId;
	readonly bootId: BootId;
	readonly key: KeyPair;
	readonly publicKey: UserPublicKey;
}

export function newAgent(machineId: string): TestAgent {
	const key = createUser();
	return {
		machineId: MachineId.parse(machineId),
		bootId: BootId.parse(randomUUID()),
		key,
		publicKey: UserPublicKey.parse(key.getPublicKey()),
	};
}

/** Connects with a JWT and the key that it was issued to, as an agent does. Closed with the test. */
export async function connectAgent(
	t: ExecutionContext,
	url: string,
	{ agent, jwt, reconnect = false }: { agent: TestAgent; jwt: string; reconnect?: boolean },
): Promise<NatsConnection> {
	const nc = await connect({
		servers: url,
		authenticator: jwtAuthenticator(jwt, agent.key.getSeed()),
		inboxPrefix: inboxPrefix(agent.machineId),
		reconnect,
		timeout: stretched(5_000),
	});
	t.teardown(() => nc.close());
	return nc;
}

/** A connected agent with a JWT from this bus. */
export async function joinAs(
	t: ExecutionContext,
	bus: OpenBus & { readonly url: string },
	agent: TestAgent,
): Promise<NatsConnection> {
	const { jwt } = await bus.credentials.issue(agent.machineId, agent.bootId, agent.publicKey);
	return connectAgent(t, bus.url, { agent, jwt });
}

/** A small event with this number. */
export function eventOf(seq: number): Event {
	return { type: "token-revoked", tokenId: `token-${seq}`, by: "test", seq, at: 1_700_000_000_000 + seq };
}
