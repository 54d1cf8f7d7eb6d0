import { type Hello, type HelloReply, healthDigest, messageOf } from "@rollcall/protocol";
import { backoff } from "../domain/backoff.ts";
import { LinkDenied } from "../errors.ts";
import type { Clock, Connect, Link, LinkEvents, Log } from "../ports.ts";
import type { BootIdentity } from "./boot-identity.ts";
import { createHelloLoop } from "./hello-loop.ts";
import type { Joiner } from "./joiner.ts";
import type { PodNetworkKeeper } from "./pod-network.ts";
import type { Renewal } from "./renewal.ts";
import type { Reporter } from "./reporter.ts";
import type { TargetKeeper } from "./target-keeper.ts";
import type { TimeServers } from "./time-servers.ts";

const BEAT_MS = 2_000;
/** Between two looks at a lost connection, at most. */
const LOOK_MS = 5_000;
const RETRY = { baseMs: 500, maxMs: 5_000 };
/** A link that lasted this long was a good one. */
const LASTED_MS = 60_000;
/** Between two requests for a new JWT. */
const RENEW_MS = 10_000;

/** What a session needs. `fence` is called when the coordinator says that a newer boot has taken this one's place. */
export interface SessionParts {
	readonly clock: Clock;
	readonly log: Log;
	readonly random: () => number;
	readonly connect: Connect;
	readonly identity: BootIdentity;
	readonly joiner: Joiner;
	readonly keeper: TargetKeeper;
	readonly reporter: Reporter;
	readonly renewal: Pick<Renewal, "health" | "ask">;
	readonly podNetwork: Pick<PodNetworkKeeper, "heard" | "run">;
	readonly timeServers: TimeServers;
	readonly hello: () => Promise<Hello>;
	readonly command: LinkEvents["command"];
	/** From a lost connection to the first enrollment anew, since the bus may have moved; up to twice as long, at random. */
	readonly rejoinAfterMs: number;
	readonly fence: (reason: string) => void;
	/** The link, while there is one. */
	readonly onLink: (link: Link | undefined) => void;
	/** Whether the whole system shuts down, and not the agent alone. */
	readonly isGoingDown: () => Promise<boolean>;
	/** Lets others ask for a hello. */
	readonly onHelloLoop: (wake: () => void) => void;
}

/** Stays on the bus until `signal` is aborted: enrolls, connects, speaks, and begins again when it is cut off. */
export async function runSession(parts: SessionParts, signal: AbortSignal): Promise<void> {
	const { clock, log, identity, joiner } = parts;
	let enrollFirst = identity.machineId() === undefined;
	for (let failures = 0; !signal.aborted; ) {
		if (enrollFirst) {
			const known = identity.machineId() !== undefined;
			const outcome = await joiner.attempt(signal, known);
			// The bus may be reachable, with what we have, while the coordinators are not; and whom they refuse they may know again by then.
			if (outcome !== "joined" && !known) continue;
			enrollFirst = false;
		}
		const since = clock.monotonic();
		try {
			await onLink(parts, signal);
			enrollFirst = true;
		} catch (error) {
			enrollFirst = error instanceof LinkDenied || failures % 3 === 2;
			const entry = failures === 0 ? log.warn : log.debug;
			entry("not connected", { reason: messageOf(error) });
		}
		failures = clock.monotonic() - since > LASTED_MS ? 0 : failures + 1;
		if (!signal.aborted) await clock.sleep(backoff(RETRY, failures - 1, parts.random()), signal);
	}
}

/** One link, from its opening until it is closed for good. Throws LinkError or LinkDenied when it does not open. */
async function onLink(parts: SessionParts, signal: AbortSignal): Promise<void> {
	const { log, identity, keeper, reporter } = parts;
	const { joined, seed } = identity.current();
	if (!joined) return;
	const ended = new AbortController();
	const live = AbortSignal.any([signal, ended.signal]);
	let reportDue = true;
	const hellos = createHelloLoop({
		...parts,
		replied: (reply) => {
			const settled = takeReply(parts, reply, () => ended.abort());
			if (settled && reportDue) {
				reportDue = false;
				reporter.wake();
			}
			return settled;
		},
	});
	const events: LinkEvents = {
		connected() {
			log.info("connected", { machineId: joined.machineId });
			reportDue = true;
			hellos.wake();
		},
		disconnected: () => log.warn("disconnected; what runs goes on", {}),
		notice(generation) {
			// The agent may have this target already, and only its report was lost.
			if (keeper.standing()?.generation === generation) reporter.wake();
			else hellos.wake();
		},
		routes: parts.podNetwork.heard,
		command: parts.command,
	};
	const jwt = () => identity.current().joined?.jwt ?? joined.jwt;
	const { machineId, servers } = joined;
	const link = await parts.connect({ machineId, seed, servers, signers: identity.signers, jwt }, events);
	parts.onHelloLoop(hellos.wake);
	parts.onLink(link);
	void link.closed.then((reason) => {
		if (!live.aborted) log.warn("cut off from the bus", { reason });
		ended.abort();
	});
	try {
		await Promise.all([
			hellos.run(link, live),
			reporter.run(link, live),
			parts.podNetwork.run(link, live),
			beat(parts, { link, ask: hellos.wake }, live),
			moveWhenStranded(parts, { link, servers: joined.servers, end: () => ended.abort() }, live),
		]);
	} finally {
		parts.onLink(undefined);
		if (signal.aborted) await sayGoodBye(parts, link);
		await link.close();
	}
}

/** Where the system shuts down, says so, so that the next boot of this machine is not kept waiting for this one. A restart of the agent says nothing. */
async function sayGoodBye({ log, identity, isGoingDown }: SessionParts, link: Link): Promise<void> {
	if (!link.connected() || !(await isGoingDown())) return;
	try {
		const reply = await link.bye({ bootId: identity.current().bootId });
		log.info("said good-bye: the system shuts down", { answer: reply.kind });
	} catch (error) {
		log.warn("could not say good-bye", { reason: messageOf(error) });
	}
}

/** Takes what the coordinator answers to a hello. False: ask again soon. `end` closes the link, to enroll anew. */
function takeReply(parts: SessionParts, reply: HelloReply, end: () => void): boolean {
	const { log, identity, keeper } = parts;
	if ("jwt" in reply && reply.jwt !== undefined) identity.renewed(reply.jwt, reply.signers);
	if (reply.kind === "target" || reply.kind === "wait") void parts.timeServers.follow(reply.time);
	if (reply.kind === "target") {
		keeper.offer({ target: reply.target, proof: reply.proof });
		if (reply.certificates === "renew") parts.renewal.ask();
		return true;
	}
	if (reply.kind === "wait") {
		log.info("waiting", { reason: reply.reason });
		return true;
	}
	if (reply.kind === "fenced") {
		parts.fence(reply.reason);
		return true;
	}
	const { code, message, next = "" } = reply.problem;
	if (code === "incarnation-fenced") {
		parts.fence(message);
		return true;
	}
	log.warn("hello is not taken", { code, message, next });
	if (code === "unknown-machine" || code === "unauthorized") end();
	return !["not-leader", "not-ready", "too-many-requests", "internal"].includes(code);
}

async function beat(parts: SessionParts, on: { link: Link; ask: () => void }, signal: AbortSignal): Promise<void> {
	const { clock, keeper, renewal, identity } = parts;
	let renewedAt = Number.NEGATIVE_INFINITY;
	while (!signal.aborted) {
		on.link.beat({
			bootId: identity.current().bootId,
			generation: keeper.running()?.target.generation ?? 0,
			health: healthDigest(renewal.health()),
			wall: clock.wall(),
		});
		if (identity.renewalDue() && clock.monotonic() - renewedAt > RENEW_MS) {
			renewedAt = clock.monotonic();
			on.ask();
		}
		identity.catchUp();
		await clock.sleep(BEAT_MS, signal);
	}
}

/** After a while without connection, enrolls anew beside the reconnecting link, and leaves it when the bus has moved. */
async function moveWhenStranded(
	parts: SessionParts,
	on: { link: Link; servers: readonly string[]; end: () => void },
	signal: AbortSignal,
): Promise<void> {
	const { clock, joiner, identity } = parts;
	const patience = parts.rejoinAfterMs * (1 + parts.random());
	for (let since = clock.monotonic(); !signal.aborted; ) {
		await clock.sleep(Math.min(LOOK_MS, patience / 4), signal);
		if (on.link.connected()) since = clock.monotonic();
		if (signal.aborted || clock.monotonic() - since < patience) continue;
		if ((await joiner.attempt(signal, false)) !== "joined") continue;
		since = clock.monotonic();
		const now = identity.current().joined?.servers ?? [];
		if (now.join() !== on.servers.join()) on.end();
	}
}
