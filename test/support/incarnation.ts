import { randomBytes, randomUUID } from "node:crypto";
import { createUser, type KeyPair } from "@nats-io/nkeys";
import { connect, jwtAuthenticator, type NatsConnection } from "@nats-io/transport-node";
import { BootId, EnrollReply, type Facts, inboxPrefix, Mac, Problem } from "@rollcall/protocol";
import { machineFacts } from "@rollcall/test-support/machine-facts";
import { stretched } from "@rollcall/test-support/stretch";
import type { ExecutionContext } from "ava";
import { askFrom } from "./ask-from.ts";
import type { TestCoordinator } from "./coordinator.ts";
import { signedEnrollment } from "./signed-enrollment.ts";

/** One boot of a machine without an agent: what a test, or an attacker, says by hand. */
export interface Incarnation {
	readonly key: KeyPair;
	readonly publicKey: string;
	readonly facts: Facts;
}

/** A boot of a machine that nobody knows, unless `wish` says which one. */
export function newIncarnation(wish: { uuid?: string; mac?: string; rehearsal?: boolean } = {}): Incarnation {
	const key = createUser();
	const bytes = [...randomBytes(5)];
	const address = `10.146.${bytes[0]}.${bytes[1]}/16`;
	const tail = bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(":");
	const facts = machineFacts({
		bootId: BootId.parse(randomUUID()),
		hostname: "by-hand",
		smbios: { uuid: wish.uuid ?? randomUUID(), vendor: "test" },
		nics: [{ name: "eth0", mac: Mac.parse(wish.mac ?? `02:${tail}`), up: true, addresses: [address] }],
		rehearsal: wish.rehearsal ?? true,
	});
	return { key, publicKey: key.getPublicKey(), facts };
}

/** An answer to an enrollment: who it is, or why not. */
export type Enrolled = { ok: true; reply: EnrollReply } | { ok: false; status: number; problem: Problem };

/** Enrolls. `from` is the loopback address that the request comes from, since the coordinator counts by address. */
export async function enroll(
	coordinator: TestCoordinator,
	incarnation: Incarnation,
	{ token, from = "127.0.0.1" }: { token?: string; from?: string },
): Promise<Enrolled> {
	const { publicKey, facts, key } = incarnation;
	const claim = { publicKey, facts, ...(token === undefined ? {} : { token }) };
	const body = JSON.stringify(signedEnrollment(claim, key));
	const { status, text } = await askFrom(coordinator.url, {
		method: "POST",
		path: "/v1/enroll",
		headers: { "content-type": "application/json" },
		body,
		from,
	});
	return status === 200
		? { ok: true, reply: EnrollReply.parse(JSON.parse(text)) }
		: { ok: false, status, problem: Problem.parse(JSON.parse(text)) };
}

/** Enrolls with a fresh token. Throws the problem of a refusal. */
export async function join(coordinator: TestCoordinator, incarnation: Incarnation): Promise<EnrollReply> {
	const answer = await enroll(coordinator, incarnation, { token: await coordinator.enrollToken() });
	if (!answer.ok) throw new Error(`${answer.problem.code}: ${answer.problem.message}`);
	return answer.reply;
}

/** Enrolls a new boot of a machine whose boot before is alive: it waits, and a person lets it in. Throws the problem of a refusal. */
export async function joinInPlace(coordinator: TestCoordinator, incarnation: Incarnation): Promise<EnrollReply> {
	const waits = await enroll(coordinator, incarnation, { token: await coordinator.enrollToken() });
	if (waits.ok || waits.problem.code !== "boot-waits") throw new Error("the boot does not wait for the one before it");
	const { bootId } = incarnation.facts;
	await coordinator.call("POST", `/v1/machines/${waits.problem.machineId}/approve`, { bootId });
	return await join(coordinator, incarnation);
}

/** Connects to the bus as this incarnation. Closed at the end of the test. */
export async function connectAs(
	t: ExecutionContext,
	incarnation: Incarnation,
	{ machineId, jwt, servers }: EnrollReply,
): Promise<NatsConnection> {
	const connection = await connect({
		servers,
		authenticator: jwtAuthenticator(jwt, incarnation.key.getSeed()),
		inboxPrefix: inboxPrefix(machineId),
		reconnect: false,
		timeout: stretched(5_000),
	});
	t.teardown(() => connection.close());
	return connection;
}
