import { AuthorizationError, type Msg, type NatsConnection, UserAuthenticationExpiredError } from "@nats-io/nats-core";
import { connect as connectNats, headers } from "@nats-io/transport-node";
import {
	CertifyReply,
	Command,
	type CommandReply,
	decode,
	distrustReason,
	downSubject,
	encode,
	HelloReply,
	inboxPrefix,
	type MachineId,
	messageOf,
	ORDER_HEADER,
	ReportReply,
	RoutesReply,
	TargetNotice,
	type UpVerb,
	upSubject,
} from "@rollcall/protocol";
import type { z } from "zod";
import { LinkDenied, LinkError, NotSigned } from "../../errors.ts";
import type { Connect, Credentials, Link, LinkEvents } from "../../ports.ts";
import { userAuthenticator } from "../user-key.ts";
import { busTrust } from "./bus-trust.ts";
import { createReconnectRule } from "./reconnect.ts";
import { acceptedRefusal, createOrderCheck, isAnswerSigned, type OrderCheck } from "./signatures.ts";

const CONNECT_MS = 5_000;
const REQUEST_MS = 10_000;
/** The system waits for this one while it shuts down. */
const BYE_MS = 2_000;

/** Opens a link over NATS. `random` spreads reconnections; `authority`: whom servers with TLS are believed by now, PEM. */
export function createConnect(random: () => number, authority: () => string | undefined = () => undefined): Connect {
	return async (credentials, events) => {
		const rule = createReconnectRule(random);
		const connection = await open(credentials, { ...rule.options, ...busTrust(credentials.servers, authority) });
		rule.reset();
		let up = true;
		const closed = connection.closed().then((error) => {
			up = false;
			return error instanceof Error ? error.message : "closed";
		});
		const signers = () => credentials.signers();
		subscribe(connection, credentials, events);
		void follow(connection, (now) => {
			up = now;
			if (now) rule.reset();
			if (now) events.connected();
			else events.disconnected();
		});
		// What the caller waits for to be there first: the link itself.
		queueMicrotask(() => events.connected());
		return createLink({ connection, machineId: credentials.machineId, closed, signers, connected: () => up });
	};
}

async function open(credentials: Credentials, more: object): Promise<NatsConnection> {
	try {
		return await connectNats({
			...more,
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
		const text = messageOf(error);
		if (isDenial(error)) throw new LinkDenied(`the bus refuses this identity: ${text}`, { cause: error });
		const reason = distrustReason(error) ?? text;
		throw new LinkError(`no connection to ${credentials.servers.join(", ")}: ${reason}`, { cause: error });
	}
}

/** An agent that was too slow to say who it is was not refused; the library has one class for both. */
function isDenial(error: unknown): boolean {
	if (error instanceof AuthorizationError) return !/timeout/i.test(error.message);
	return error instanceof UserAuthenticationExpiredError;
}

/** Tells of lost and regained connections, until the connection is closed. */
async function follow(connection: NatsConnection, told: (up: boolean) => void): Promise<void> {
	for await (const status of connection.status()) {
		if (status.type === "disconnect") told(false);
		if (status.type === "reconnect") told(true);
	}
}

function subscribe(connection: NatsConnection, { machineId, signers }: Credentials, events: LinkEvents): void {
	const orders = createOrderCheck(signers);
	connection.subscribe(downSubject(machineId, "target"), {
		callback: (error, message) => {
			if (error) return;
			const notice = decode(TargetNotice, message.data, "target notice");
			if (!notice.ok) return;
			const { generation, routes } = notice.value;
			if (routes === undefined) events.notice(generation);
			else events.routes(routes);
		},
	});
	connection.subscribe(downSubject(machineId, "command"), {
		callback: (error, message) => {
			if (!error) void answer(message, orders, events);
		},
	});
}

async function answer(message: Msg, orders: OrderCheck, events: LinkEvents): Promise<void> {
	const refused = orders.refusal(message);
	if (refused) {
		const told = headers();
		if (refused.highest !== undefined) told.set(ORDER_HEADER, String(refused.highest));
		message.respond(encode({ kind: "problem", problem: refused.problem } satisfies CommandReply), { headers: told });
		return;
	}
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
	signers: () => readonly string[];
	connected: () => boolean;
}): Link {
	const { connection, machineId } = parts;
	async function ask<S extends z.ZodType>(
		verb: UpVerb,
		message: unknown,
		schema: S,
		timeout = REQUEST_MS,
	): Promise<z.output<S>> {
		// Requests made without a connection would be kept in memory and arrive late.
		if (!parts.connected()) throw new LinkError(`${verb}: not connected`);
		let reply: Msg;
		try {
			reply = await connection.request(upSubject(machineId, verb), encode(message), { timeout });
		} catch (error) {
			throw new LinkError(`${verb}: ${messageOf(error)}`, { cause: error });
		}
		if (!isAnswerSigned(reply, parts.signers()))
			throw new NotSigned(
				`the answer to ${verb} is not signed by this machine's fleet; boot the machine anew if the fleet's key was changed`,
			);
		const decoded = decode(schema, reply.data, `answer to ${verb}`);
		if (!decoded.ok) throw new LinkError(decoded.problem.message);
		return decoded.value;
	}
	return {
		async hello(message) {
			const reply = await ask("hello", message, HelloReply);
			const refusal =
				reply.kind === "target"
					? acceptedRefusal(reply, { machineId, ...message, signers: parts.signers() })
					: undefined;
			if (refusal !== undefined) throw new NotSigned(refusal);
			return reply;
		},
		report: (message) => ask("report", message, ReportReply),
		certify: (message) => ask("certify", message, CertifyReply),
		routes: (message) => ask("routes", message, RoutesReply),
		bye: (message) => ask("bye", message, ReportReply, BYE_MS),
		beat(message) {
			if (parts.connected()) connection.publish(upSubject(machineId, "beat"), encode(message));
		},
		connected: parts.connected,
		closed: parts.closed,
		close: () => connection.close(),
	};
}
