import type { Msg, NatsConnection } from "@nats-io/nats-core";
import { connect as connectNats } from "@nats-io/transport-node";
import {
	CertifyReply,
	Command,
	type CommandReply,
	decode,
	downSubject,
	encode,
	HelloReply,
	inboxPrefix,
	type MachineId,
	ReportReply,
	TargetNotice,
	type UpVerb,
	upSubject,
} from "@rollcall/protocol";
import type { z } from "zod";
import { type Connect, type Credentials, type Link, LinkDenied, LinkError, type LinkEvents } from "../../ports.ts";
import { createReconnectRule } from "./reconnect.ts";
import { userAuthenticator } from "./user-key.ts";

const CONNECT_MS = 5_000;
const REQUEST_MS = 10_000;

/** Opens a link over NATS. `random` spreads reconnections. */
export function createConnect(random: () => number): Connect {
	return async (credentials, events) => {
		const rule = createReconnectRule(random);
		const connection = await open(credentials, rule.options);
		rule.reset();
		let up = true;
		const closed = connection.closed().then((error) => {
			up = false;
			return error instanceof Error ? error.message : "closed";
		});
		subscribe(connection, credentials.machineId, events);
		void follow(connection, (now) => {
			up = now;
			if (now) rule.reset();
			if (now) events.connected();
			else events.disconnected();
		});
		// What the caller waits for to be there first: the link itself.
		queueMicrotask(() => events.connected());
		return createLink({ connection, machineId: credentials.machineId, closed, connected: () => up });
	};
}

async function open(credentials: Credentials, rule: object): Promise<NatsConnection> {
	try {
		return await connectNats({
			...rule,
			servers: [...credentials.servers],
			authenticator: userAuthenticator(() => credentials.jwt(), credentials.seed),
			inboxPrefix: inboxPrefix(credentials.machineId),
			name: `rollcall-agent ${credentials.machineId}`,
			timeout: CONNECT_MS,
			pingInterval: 10_000,
			maxPingOut: 2,
			noAsyncTraces: true,
		});
	} catch (error) {
		const text = error instanceof Error ? error.message : String(error);
		if (isDenial(error)) throw new LinkDenied(`the bus refuses this identity: ${text}`, { cause: error });
		throw new LinkError(`no connection to ${credentials.servers.join(", ")}: ${text}`, { cause: error });
	}
}

function isDenial(error: unknown): boolean {
	return (
		error instanceof Error && (error.name === "AuthorizationError" || error.name === "UserAuthenticationExpiredError")
	);
}

/** Tells of lost and regained connections, until the connection is closed. */
async function follow(connection: NatsConnection, told: (up: boolean) => void): Promise<void> {
	for await (const status of connection.status()) {
		if (status.type === "disconnect") told(false);
		if (status.type === "reconnect") told(true);
	}
}

function subscribe(connection: NatsConnection, machineId: MachineId, events: LinkEvents): void {
	connection.subscribe(downSubject(machineId, "target"), {
		callback: (error, message) => {
			if (error) return;
			const notice = decode(TargetNotice, message.data, "target notice");
			if (notice.ok) events.notice(notice.value.generation);
		},
	});
	connection.subscribe(downSubject(machineId, "command"), {
		callback: (error, message) => {
			if (!error) void answer(message, events);
		},
	});
}

async function answer(message: Msg, events: LinkEvents): Promise<void> {
	const command = decode(Command, message.data, "command");
	const problem = (text: string): CommandReply => ({ kind: "problem", problem: { code: "internal", message: text } });
	let reply: CommandReply;
	let after: (() => void) | undefined;
	if (!command.ok) reply = { kind: "problem", problem: command.problem };
	else {
		try {
			({ reply, after } = await events.command(command.value));
		} catch (error) {
			reply = problem(error instanceof Error ? error.message.slice(0, 2000) : "the command failed");
		}
	}
	message.respond(encode(reply));
	after?.();
}

function createLink(parts: {
	connection: NatsConnection;
	machineId: MachineId;
	closed: Promise<string>;
	connected: () => boolean;
}): Link {
	const { connection, machineId } = parts;
	async function ask<S extends z.ZodType>(verb: UpVerb, message: unknown, schema: S): Promise<z.output<S>> {
		// Requests made without a connection would be kept in memory and arrive late.
		if (!parts.connected()) throw new LinkError(`${verb}: not connected`);
		let reply: Msg;
		try {
			reply = await connection.request(upSubject(machineId, verb), encode(message), { timeout: REQUEST_MS });
		} catch (error) {
			throw new LinkError(`${verb}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
		}
		const decoded = decode(schema, reply.data, `answer to ${verb}`);
		if (!decoded.ok) throw new LinkError(decoded.problem.message);
		return decoded.value;
	}
	return {
		hello: (message) => ask("hello", message, HelloReply),
		report: (message) => ask("report", message, ReportReply),
		certify: (message) => ask("certify", message, CertifyReply),
		beat(message) {
			if (parts.connected()) connection.publish(upSubject(machineId, "beat"), encode(message));
		},
		connected: parts.connected,
		closed: parts.closed,
		close: () => connection.close(),
	};
}
