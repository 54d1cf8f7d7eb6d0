import { type Authenticator, connect, type NatsConnection } from "@nats-io/transport-node";
import { z } from "zod";
import type { Secured } from "./bus-tls.ts";
import { reconnectRule } from "./reconnect.ts";

/** An agent has one connection, and for a moment a second one when it comes back before the server missed the first. */
const MOST_CONNECTIONS = 4;
/** Connections that one answer lists, and answers that are asked for. */
const PAGE = 128;
const PAGES = 512;
const TIMEOUT_MS = 5_000;
const RETRY_MS = 2_000;
/** Between two words about connections that were cut. */
const TOLD_EVERY_MS = 60_000;

/** What watching the connections of an account needs. */
export interface ConnectionGuardParts {
	readonly servers: readonly string[];
	/** Of a user of the system account. */
	readonly authenticator: Authenticator;
	readonly secured: Secured;
	/** The account's public key. */
	readonly account: string;
	/** The coordinators' own user, which has as many connections as there are coordinators and tools. */
	readonly exempt: string;
	/** Told that connections were cut, at most once a minute, and what is in trouble. */
	readonly tell: (text: string) => void;
}

const Seen = z.object({
	server: z.object({ id: z.string() }),
	client: z.object({ id: z.number(), user: z.string().optional() }),
});
const Listed = z.object({
	server: z.object({ id: z.string() }),
	data: z.object({
		connections: z.array(z.object({ cid: z.number(), authorized_user: z.string().optional() })).default([]),
	}),
});

/** A user's connections, oldest first, each by its server and its number there. */
type Connections = Map<string, Map<string, { readonly server: string; readonly cid: number }>>;

/**
 * Keeps each user of an account to a few connections: nats-server bounds those of an account and of all together, not of one user. When
 * there is one too many the oldest is cut, so that an agent that lost its connection without a word always gets in again.
 */
export async function startConnectionGuard(parts: ConnectionGuardParts): Promise<() => Promise<void>> {
	const users: Connections = new Map();
	const nc = await connect({
		servers: [...parts.servers],
		authenticator: parts.authenticator,
		...parts.secured,
		name: "rollcall connection guard",
		...reconnectRule(RETRY_MS),
		ignoreAuthErrorAbort: true,
	});
	let [cut, toldAt] = [0, Number.NEGATIVE_INFINITY];
	const tellCut = (user: string): void => {
		cut += 1;
		if (performance.now() - toldAt < TOLD_EVERY_MS) return;
		parts.tell(
			`user ${user} has more than ${MOST_CONNECTIONS} connections, so the oldest are cut (${cut} so far): two programs use the credential of one machine`,
		);
		toldAt = performance.now();
	};
	const take = (server: string, cid: number, user: string | undefined): void => {
		if (user === undefined || user === parts.exempt) return;
		const own = users.get(user) ?? new Map();
		users.set(user, own.set(`${server} ${cid}`, { server, cid }));
		for (const [key, oldest] of own) {
			if (own.size <= MOST_CONNECTIONS) break;
			own.delete(key);
			tellCut(user);
			// Without somebody to answer to, the server does nothing. One that is gone already is as good.
			const kick = JSON.stringify({ cid: oldest.cid });
			void nc.request(`$SYS.REQ.SERVER.${oldest.server}.KICK`, kick, { timeout: TIMEOUT_MS }).catch(() => undefined);
		}
	};
	const follow = (what: "CONNECT" | "DISCONNECT", then: (seen: z.infer<typeof Seen>) => void): void => {
		nc.subscribe(`$SYS.ACCOUNT.${parts.account}.${what}`, {
			callback(error, message) {
				const seen = error ? undefined : Seen.safeParse(safely(message.string()));
				if (seen?.success) then(seen.data);
			},
		});
	};
	follow("CONNECT", ({ server, client }) => take(server.id, client.id, client.user));
	follow("DISCONNECT", ({ server, client }) => {
		const own = users.get(client.user ?? "");
		own?.delete(`${server.id} ${client.id}`);
		if (own?.size === 0) users.delete(client.user ?? "");
	});
	const begin = async (): Promise<void> => {
		users.clear();
		try {
			await list(nc, parts.account, take);
		} catch (error) {
			parts.tell(`the connections on the bus could not be listed: ${(error as Error).message}`);
		}
	};
	void (async () => {
		for await (const { type } of nc.status()) if (type === "reconnect") await begin();
	})();
	await begin();
	return () => nc.close();
}

/** Those that were there before: what came while nobody watched. */
async function list(
	nc: NatsConnection,
	account: string,
	take: (server: string, cid: number, user: string | undefined) => void,
): Promise<void> {
	for (let page = 0; page < PAGES; page++) {
		const wish = { acc: account, auth: true, sort: "cid", limit: PAGE, offset: page * PAGE };
		const answer = await nc.request("$SYS.REQ.SERVER.PING.CONNZ", JSON.stringify(wish), { timeout: TIMEOUT_MS });
		const listed = Listed.parse(safely(answer.string()));
		for (const { cid, authorized_user } of listed.data.connections) take(listed.server.id, cid, authorized_user);
		if (listed.data.connections.length < PAGE) return;
	}
}

function safely(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}
