import type { NatsConnection, Subscription } from "@nats-io/transport-node";
import { PermissionViolationError } from "@nats-io/transport-node";
import {
	agentPermissions,
	answerSubject,
	downSubject,
	inboxPrefix,
	MachineId,
	UP_VERBS,
	upSubject,
} from "@rollcall/protocol";
import fc from "@rollcall/test-support/properties";
import test from "ava";
import { LEAD_SUBJECT } from "../../../src/adapters/nats/beacon.ts";
import { openLog } from "../../../src/adapters/nats/log.ts";
import { LOG_STREAM, LOG_SUBJECT } from "../../../src/adapters/nats/stream.ts";
import { joinAs, newAgent, startEmbedded } from "../support/bus.ts";

const own = newAgent("machine-1");
const other = MachineId.parse("machine-2");

/** Subjects of others, of everybody, and of the server itself. */
const FOREIGN = [
	">",
	"*",
	"rollcall.>",
	"rollcall.v1.>",
	"rollcall.*.*.*.*",
	"rollcall.v1.up.>",
	"rollcall.v1.up.*.hello",
	"rollcall.v1.up.*.*",
	"rollcall.v1.down.>",
	"rollcall.v1.down.*.command",
	"rollcall.v1.down.*.target",
	`rollcall.v1.down.${own.machineId}.>`,
	`rollcall.v1.down.${own.machineId}.*`,
	`rollcall.v1.up.${own.machineId}.>`,
	`rollcall.v1.up.${own.machineId}.answer.>`,
	...UP_VERBS.map((verb) => upSubject(other, verb)),
	answerSubject(other, "nonce"),
	downSubject(other, "target"),
	downSubject(other, "command"),
	LEAD_SUBJECT,
	"rollcall.v1.coordinator.>",
	"rollcall.v1.coordinator.c-1",
	LOG_SUBJECT,
	"$JS.API.>",
	"$JS.API.INFO",
	`$JS.API.STREAM.INFO.${LOG_STREAM}`,
	`$JS.API.STREAM.DELETE.${LOG_STREAM}`,
	`$JS.API.STREAM.PURGE.${LOG_STREAM}`,
	`$JS.API.STREAM.MSG.GET.${LOG_STREAM}`,
	`$JS.API.DIRECT.GET.${LOG_STREAM}`,
	`$JS.API.CONSUMER.CREATE.${LOG_STREAM}`,
	"$JS.ACK.>",
	"$JS.EVENT.ADVISORY.>",
	"$KV.>",
	"$O.>",
	"$SYS.>",
	"$SYS.REQ.CLAIMS.UPDATE",
	"$SYS.REQ.SERVER.PING",
	"$SYS.ACCOUNT.>",
	"$SRV.>",
	"_INBOX.>",
	"_INBOX.abc",
	"_INBOX_rollcall.>",
	"_INBOX_rollcall.*",
	"_INBOX_rollcall",
	`${inboxPrefix(other)}.>`,
	`${inboxPrefix(other)}.abc`,
	`${inboxPrefix(own.machineId)}x.abc`,
	"_R_.>",
	"_REPLY.>",
];

/** The violations that a connection was told of, by operation and subject. */
function violations(nc: NatsConnection): Set<string> {
	const seen = new Set<string>();
	void (async () => {
		for await (const status of nc.status())
			if (status.type === "error" && status.error instanceof PermissionViolationError)
				seen.add(`${status.error.operation} ${status.error.subject}`);
	})();
	return seen;
}

async function refusedSubscriptions(
	nc: NatsConnection,
	subjects: readonly string[],
	queue?: string,
): Promise<string[]> {
	const refused: string[] = [];
	const subscriptions: Subscription[] = [];
	for (const subject of subjects)
		subscriptions.push(
			nc.subscribe(subject, {
				...(queue ? { queue } : {}),
				callback: (error) => {
					if (error instanceof PermissionViolationError) refused.push(subject);
				},
			}),
		);
	await nc.flush();
	for (const subscription of subscriptions) if (!subscription.isClosed()) subscription.unsubscribe();
	return refused;
}

test("an agent's credentials subscribe to nothing of others, with and without a queue group", async (t) => {
	const bus = await startEmbedded(t);
	const nc = await joinAs(t, bus, own);
	t.deepEqual(await refusedSubscriptions(nc, FOREIGN), FOREIGN);
	t.deepEqual(await refusedSubscriptions(nc, FOREIGN, "workers"), FOREIGN);
	t.deepEqual(await refusedSubscriptions(nc, agentPermissions(own.machineId).subscribe), []);
	t.deepEqual(await refusedSubscriptions(nc, [upSubject(own.machineId, "hello")]), [upSubject(own.machineId, "hello")]);
});

test("an agent's credentials publish to nothing of others, whatever the reply subject", async (t) => {
	const bus = await startEmbedded(t);
	await openLog(bus.connection);
	const heard: string[] = [];
	bus.connection.nc.subscribe(">", {
		callback: (_error, { subject }) => {
			if (!subject.startsWith("_INBOX.")) heard.push(subject);
		},
	});
	await bus.connection.nc.flush();
	const nc = await joinAs(t, bus, own);
	const seen = violations(nc);
	const literal = FOREIGN.filter((subject) => !/[*>]/.test(subject));
	for (const subject of literal) {
		nc.publish(subject, "x");
		nc.publish(subject, "x", { reply: `${inboxPrefix(own.machineId)}.1` });
	}
	for (const subject of [downSubject(own.machineId, "command"), `${inboxPrefix(own.machineId)}.1`])
		nc.publish(subject, "x");
	const allowed = [...UP_VERBS.map((verb) => upSubject(own.machineId, verb)), answerSubject(own.machineId, "nonce")];
	for (const subject of allowed) nc.publish(subject, "x");
	await nc.flush();
	await bus.connection.nc.flush();
	t.deepEqual(
		literal.filter((subject) => !seen.has(`publish ${subject}`)),
		[],
	);
	t.deepEqual(heard, allowed);
});

test("no generated subject outside its own is open to an agent", async (t) => {
	const bus = await startEmbedded(t);
	const nc = await joinAs(t, bus, own);
	const token = fc.oneof(
		fc.constantFrom("rollcall", "v1", "up", "down", "*", "hello", "answer", "command", "$JS", "API", "$SYS", "_INBOX"),
		fc.constantFrom("_INBOX_rollcall", own.machineId, other, "machine-10", "machine"),
		fc.stringMatching(/^[a-z0-9_$-]{1,8}$/),
	);
	const subject = fc
		.tuple(fc.array(token, { minLength: 1, maxLength: 6 }), fc.boolean())
		.map(([tokens, all]) => [...tokens, ...(all ? [">"] : [])].join("."));
	const { subscribe } = agentPermissions(own.machineId);
	const isOwn = (candidate: string): boolean =>
		subscribe.includes(candidate) || candidate.startsWith(`${inboxPrefix(own.machineId)}.`);
	await fc.assert(
		fc.asyncProperty(fc.uniqueArray(subject, { minLength: 1, maxLength: 40 }), async (subjects) => {
			const foreign = subjects.filter((candidate) => !isOwn(candidate));
			t.deepEqual(await refusedSubscriptions(nc, foreign), foreign);
		}),
		{ numRuns: 40 },
	);
});
