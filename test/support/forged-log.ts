import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { credsAuthenticator, type NatsConnection } from "@nats-io/nats-core";
import { connect } from "@nats-io/transport-node";
import { ON_THE_BUS, stretched } from "@rollcall/test-support/stretch";

const STREAM = "ROLLCALL_EVENTS";

/** The event log as somebody has it who got the coordinator's own credentials. */
export async function withLog<T>(url: string, keys: string, work: (nc: NatsConnection) => Promise<T>): Promise<T> {
	const authenticator = credsAuthenticator(readFileSync(join(keys, "coordinator.creds")));
	const nc = await connect({ servers: url, authenticator, reconnect: false, timeout: stretched(5_000) });
	try {
		return await work(nc);
	} finally {
		await nc.close();
	}
}

/**
 * Puts an entry behind the last one, which it names as a coordinator's own does. `make` gets the number of the last event that is there; what it gives may be
 * what no coordinator writes. `written`: its JSON, where no object can be had that is written so.
 */
export async function forgeEntry(
	nc: NatsConnection,
	make: (seq: number) => readonly object[],
	written = (json: string): string => json,
): Promise<void> {
	const { state } = (await nc.request(`$JS.API.STREAM.INFO.${STREAM}`, undefined, ON_THE_BUS)).json<{
		state: { last_seq: number };
	}>();
	const which = JSON.stringify({ seq: state.last_seq });
	const { message } = (await nc.request(`$JS.API.STREAM.MSG.GET.${STREAM}`, which, ON_THE_BUS)).json<{
		message: { data: string };
	}>();
	const bytes = Buffer.from(message.data, "base64");
	const { by, events } = JSON.parse(bytes.toString()) as { by: string; events: { seq: number }[] };
	const prev = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
	const entry = { v: 2, by, prev, events: make(events.at(-1)?.seq ?? 0) };
	const answer = (await nc.request("rollcall.v1.log", written(JSON.stringify(entry)), ON_THE_BUS)).json<{
		seq?: number;
	}>();
	if (answer.seq !== state.last_seq + 1) throw new Error(`the entry was not stored: ${JSON.stringify(answer)}`);
}
