import { z } from "zod";
import { Digest, Labels, Mac, MachineId } from "./ids.ts";
import { Timestamp } from "./times.ts";
import { Reach, RecordedScope } from "./token-scope.ts";

const by = z.string().max(128);
const tokenId = z.string().max(64);
/** An address that a request came from. */
const from = z.string().max(64);
/** How a thing stands, in short texts by the names of its fields. Secrets are never part of it. */
const Standing = z
	.record(z.string().max(64), z.string().max(512))
	.refine((fields) => Object.keys(fields).length <= 16, "at most 16 fields");
export type Standing = z.infer<typeof Standing>;

/** Who may use the API, and what was done through it. */
export const ACCESS_EVENT_PAYLOADS = {
	"token-created": z.strictObject({
		tokenId,
		/** SHA-256 of the token. The token itself is shown once and never stored. */
		hash: Digest,
		scope: RecordedScope,
		expiresAt: Timestamp.optional(),
		/** An enroll token may be bound to the machine with this MAC. */
		mac: Mac.optional(),
		/** Labels that the machine gets that enrolls with it. */
		labels: Labels,
		/** What a token of the API is limited to. */
		reach: Reach.optional(),
		by,
	}),
	"token-revoked": z.strictObject({ tokenId, by }),
	/** When tokens of the API were used last; at most once an hour for each. */
	"tokens-used": z.strictObject({
		tokens: z
			.array(z.strictObject({ tokenId, at: Timestamp, from }))
			.min(1)
			.max(256),
	}),
	/** A token of the API ends soon; told once. */
	"token-ending": z.strictObject({ tokenId, expiresAt: Timestamp }),
	/** Somebody changed something through the API: who, with what right, from where, and what was other before. */
	"change-made": z.strictObject({
		by,
		scope: z.string().max(16),
		from,
		/** The route, like `POST /v1/machines/{id}/approve`. */
		route: z.string().max(128),
		machineId: MachineId.optional(),
		/** What it was about, where that is no machine: a token, a snapshot, a file. */
		about: z.string().max(256).optional(),
		before: Standing,
		after: Standing,
		/** The events that it led to, where there are any: the first and the last number. */
		events: z.strictObject({ first: z.int().min(1), last: z.int().min(1) }).optional(),
	}),
	/** Requests were refused for want of a right since `since`; told at most once a minute. The first 16 kinds of them. */
	"requests-refused": z.strictObject({
		since: Timestamp,
		total: z.int().min(1),
		most: z
			.array(
				z.strictObject({
					by: by.optional(),
					from,
					route: z.string().max(128),
					code: z.string().max(32),
					count: z.int().min(1),
				}),
			)
			.max(16),
	}),
} as const;
