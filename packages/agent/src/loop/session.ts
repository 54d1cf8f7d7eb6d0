import { type Hello, type HelloReply, healthDigest } from "@rollcall/protocol";
import { backoff } from "../domain/backoff.ts";
import { type Clock, type Connect, type Link, LinkDenied, type LinkEvents, type Log } from "../ports.ts";
import { createGreeter } from "./greeter.ts";
import type { Joiner } from "./joiner.ts";
import type { Passport } from "./passport.ts";
import type { Reporter } from "./reporter.ts";
import type { TargetKeeper } from "./target-keeper.ts";

const BEAT_MS = 2_000;
/** Between two looks at a lost connection, at most. */
const LOOK_MS = 5_000;
const RETRY = { baseMs: 500, maxMs: 5_000 };
/** A link that lasted this long was a good one. */
const LASTED_MS = 60_000;
/** Between two requests for a new JWT. */
const RENEW_MS = 10_000;

/** What a session needs. `fenced` is aborted when the coordinator says that a newer boot has taken this one's place. */
export interface SessionParts {
	readonly clock: Clock;
	readonly log: Log;
	readonly random: () => number;
	readonly connect: Connect;
	readonly passport: Passport;
	readonly joiner: Joiner;
	readonly keeper: TargetKeeper;
	readonly reporter: Reporter;
	readonly hello: () => Promise<Hello>;
	readonly command: LinkEvents["command"];
	/** From a lost connection to the first enrollment anew, since the bus may have moved; up to twice as long, at random. */
	readonly rejoinAfterMs: number;
	readonly fence: (reason: string) => void;
	/** The link, while there is one. */
	readonly onLink: (link: Link | undefined) => void;
	/** Lets others ask for a hello. */
	readonly onGreeter: (ring: () => void) => void;
}

/** Stays on the bus until `signal` is aborted: enrolls, connects, speaks, and begins again when it is cut off. */
export async function runSession(parts: SessionParts, signal: AbortSignal): Promise<void> {
	const { clock, log, passport, joiner } = parts;
	let enrollFirst = passport.machineId() === undefined;
	for (let failures = 0; !signal.aborted; ) {
		if (enrollFirst) {
			const known = passport.machineId() !== undefined;
			const outcome = await joiner.attempt(signal, known);
			// The bus may be reachable, with what we have, while the coordinators are not.
			if (outcome !== "joined" && !(known && outcome === "unreachable")) continue;
			enrollFirst = false;
		}
		const since = clock.monotonic();
		try {
			await onLink(parts, signal);
			enrollFirst = true;
		} catch (error) {
			enrollFirst = error instanceof LinkDenied || failures % 3 === 2;
			const entry = failures === 0 ? log.warn : log.debug;
			entry("not connected", { reason: error instanceof Error ? error.message : String(error) });
		}
		failures = clock.monotonic() - since > LASTED_MS ? 0 : failures + 1;
		if (!signal.aborted) await clock.sleep(backoff(RETRY, failures - 1, parts.random()), signal);
	}
}

/** One link, from its opening until it is closed for good. Throws LinkError or LinkDenied when it does not open. */
async function onLink(parts: SessionParts, signal: AbortSignal): Promise<void> {
	const { log, passport, keeper, reporter } = parts;
	const { joined, seed } = passport.identity();
	if (!joined) return;
	const ended = new AbortController();
	const live = AbortSignal.any([signal, ended.signal]);
	let reportDue = true;
	const greeter = createGreeter({
		...parts,
		replied: (reply) => {
			const settled = takeReply(parts, reply, () => ended.abort());
			if (settled && reportDue) {
				reportDue = false;
				reporter.ring();
			}
			return settled;
		},
	});
	const events: LinkEvents = {
		connected() {
			log.info("connected", { machineId: joined.machineId });
			reportDue = true;
			greeter.ring();
		},
		disconnected: () => log.warn("disconnected; what runs goes on", {}),
		notice(generation) {
			// What it announces may be here already, and only our report was lost.
			if (keeper.standing()?.generation === generation) reporter.ring();
			else greeter.ring();
		},
		command: parts.command,
	};
	const jwt = () => passport.identity().joined?.jwt ?? joined.jwt;
	const link = await parts.connect({ machineId: joined.machineId, seed, servers: joined.servers, jwt }, events);
	parts.onGreeter(greeter.ring);
	parts.onLink(link);
	void link.closed.then((reason) => {
		if (!live.aborted) log.warn("cut off from the bus", { reason });
		ended.abort();
	});
	try {
		await Promise.all([
			greeter.run(link, live),
			reporter.run(link, live),
			beat(parts, { link, ring: greeter.ring }, live),
			moveWhenStranded(parts, { link, servers: joined.servers, end: () => ended.abort() }, live),
		]);
	} finally {
		parts.onLink(undefined);
		await link.close();
	}
}

/** Takes what the coordinator answers to a hello. False: ask again soon. `end` closes the link, to enroll anew. */
function takeReply(parts: SessionParts, reply: HelloReply, end: () => void): boolean {
	const { log, passport, keeper } = parts;
	if ("jwt" in reply && reply.jwt !== undefined) passport.renewed(reply.jwt);
	if (reply.kind === "target") {
		keeper.offer({ target: reply.target, proof: reply.proof });
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

async function beat(parts: SessionParts, on: { link: Link; ring: () => void }, signal: AbortSignal): Promise<void> {
	const { clock, keeper, passport } = parts;
	let renewedAt = Number.NEGATIVE_INFINITY;
	while (!signal.aborted) {
		on.link.beat({
			bootId: passport.identity().bootId,
			generation: keeper.running()?.target.generation ?? 0,
			health: healthDigest(keeper.health()),
		});
		if (passport.renewalDue() && clock.monotonic() - renewedAt > RENEW_MS) {
			renewedAt = clock.monotonic();
			on.ring();
		}
		await clock.sleep(BEAT_MS, signal);
	}
}

/** After a while without connection, enrolls anew beside the reconnecting link, and leaves it when the bus has moved. */
async function moveWhenStranded(
	parts: SessionParts,
	on: { link: Link; servers: readonly string[]; end: () => void },
	signal: AbortSignal,
): Promise<void> {
	const { clock, joiner, passport } = parts;
	const patience = parts.rejoinAfterMs * (1 + parts.random());
	for (let since = clock.monotonic(); !signal.aborted; ) {
		await clock.sleep(Math.min(LOOK_MS, patience / 4), signal);
		if (on.link.connected()) since = clock.monotonic();
		if (signal.aborted || clock.monotonic() - since < patience) continue;
		if ((await joiner.attempt(signal, false)) !== "joined") continue;
		since = clock.monotonic();
		const now = passport.identity().joined?.servers ?? [];
		if (now.join() !== on.servers.join()) on.end();
	}
}
