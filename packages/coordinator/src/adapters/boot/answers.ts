import type { BootRequest, BootStage, Group, Profile } from "@rollcall/protocol";
import type { FastifyReply, FastifyRequest } from "fastify";
import { type KnownMachine, matchGroup } from "../../boot/match.ts";
import { type BootQuery, parseBootQuery } from "../../boot/request.ts";
import type { BootSighting } from "../../boot/waterfall/sighting.ts";
import type { BootCore } from "./boot-core.ts";
import { readBootToken } from "./boot-token.ts";
import { enrollTokenId, makeEnrollToken } from "./enroll-token.ts";

/** A refused request of a machine: the status and the text of the answer, for a person who reads it. */
export class Refusal extends Error {
	override readonly name = "Refusal";
	readonly status: number;

	constructor(status: number, message: string) {
		super(message);
		this.status = status;
	}
}

/** Who asks, and what was chosen for it. */
export interface Asked {
	readonly query: BootQuery;
	readonly rawQuery: string;
	readonly remote: string;
	readonly known: KnownMachine | undefined;
	/** Takes down what became of the request. */
	readonly record: BootCore["record"];
}
/** What the boot document chose for a request. */
export interface Chosen {
	readonly group: Group;
	readonly profile: Profile;
	/** Set where a boot token was presented that is good. */
	readonly enrollToken?: string;
}

/** Reads who asks: by the query, or, since cloud-init puts names of files behind its URL, by a part of the path. */
export function askedBy(core: BootCore, request: FastifyRequest): Asked {
	const { query, rawQuery } = queryOf(request);
	return { query, rawQuery, remote: request.ip, known: core.known(query.request), record: recorder(core, request) };
}

/** Takes down what becomes of a request; nothing of a HEAD, by which no machine boots. */
export function recorder(core: BootCore, { method }: FastifyRequest): BootCore["record"] {
	return method === "HEAD" ? () => {} : (seen) => core.record(seen);
}

function queryOf({ url }: FastifyRequest): Pick<Asked, "query" | "rawQuery"> {
	const inPath = /^\/cloud-init\/([^/?]+)\//.exec(url)?.[1];
	const rawQuery = inPath ?? url.split("?").slice(1).join("?");
	return { query: parseBootQuery(new URLSearchParams(rawQuery)), rawQuery };
}

/** What is served to a machine by what it says of itself. Throws Refusal. */
export function chooseByRequest(core: BootCore, asked: Asked): Chosen {
	const matched = matchGroup(core.document(), asked.query.request, asked.known);
	if (!matched) throw new Refusal(404, `no group takes ${describe(asked.query.request)}`);
	return matched;
}

/**
 * What is served to a machine that brings the token of its boot; without one, only what needs none. Throws Refusal, and
 * whatever is wrong with a token is recorded.
 */
export function chooseByToken(
	core: BootCore,
	asked: Asked,
	how: { key: Uint8Array; now: number; stage: BootStage },
): Chosen {
	const { token, request } = asked.query;
	const refuse = (reason: string) => {
		asked.record({ ...sighting(asked, how.stage), outcome: "refused", reason });
		return new Refusal(403, reason);
	};
	if (token === undefined) {
		const chosen = chooseByRequest(core, asked);
		if (chosen.profile.agent) throw refuse("a machine of this profile needs the token that its boot script carries");
		return chosen;
	}
	const read = readBootToken(token, { key: how.key, request, now: how.now });
	if (!read.ok) throw refuse(read.reason);
	const document = core.document();
	const group = document.groups.find((candidate) => candidate.name === read.grant.group);
	const profile = document.profiles.find((candidate) => candidate.name === read.grant.profile);
	if (!group || !profile) throw refuse("the profile of this boot is not declared any more; boot again");
	// Not when the answer went out: it may be lost on its way, and the machine then asks again.
	if (core.used(enrollTokenId(token))) throw refuse("the boot token was used before; boot again");
	return { group, profile, enrollToken: makeEnrollToken(how.key, token, read.grant) };
}

/** The machine of a boot token that is good, as a key to count by; undefined for anything else. */
export function tokenHolder(request: FastifyRequest, how: { key: Uint8Array; now: () => number }): string | undefined {
	const { request: asked, token } = queryOf(request).query;
	if (token === undefined) return undefined;
	const read = readBootToken(token, { key: how.key, request: asked, now: how.now() });
	return read.ok ? `machine ${read.grant.mac}` : undefined;
}

/** The fields that every sighting of a machine has. */
export function sighting(asked: Asked, stage: BootStage): Pick<BootSighting, "stage" | "mac" | "uuid" | "remote"> {
	const { mac, uuid } = asked.query.request;
	return { stage, mac, uuid, remote: asked.remote };
}

/** A machine in words. */
export function describe(request: BootRequest): string {
	return request.mac ?? request.uuid ?? "a machine without MAC and UUID";
}

/** Answers that nobody may keep. */
export function sendText(reply: FastifyReply, text: string, contentType = "text/plain; charset=utf-8"): FastifyReply {
	return reply.header("cache-control", "no-store").type(contentType).send(text);
}
