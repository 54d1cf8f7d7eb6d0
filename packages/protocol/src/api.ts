import { z } from "zod";
import { BootView } from "./boot/boots.ts";
import { LeaseState, TokenScope } from "./events.ts";
import { Facts } from "./facts.ts";
import { Health } from "./health.ts";
import { BootId, Digest, Generation, Labels, Mac, MachineId, Name } from "./ids.ts";
import { NodeState } from "./node-state.ts";

/** Where a machine stands, in one word. */
export const MachinePhase = z.enum([
	"waiting",
	"rejected",
	"idle",
	"assigned",
	"applying",
	"ready",
	"degraded",
	"failed",
	"suspect",
	"lost",
]);
export type MachinePhase = z.infer<typeof MachinePhase>;

/** A machine as `GET /v1/machines` and `rollcall machines -o json` show it. Times are ISO 8601. */
export const MachineView = z.strictObject({
	machineId: MachineId,
	phase: MachinePhase,
	/** Why it is in this phase, in a sentence. */
	reason: z.string(),
	/** What an operator can do about it, where there is something. */
	next: z.string().optional(),
	rehearsal: z.boolean(),
	bootId: BootId,
	approval: z.enum(["waiting", "approved", "rejected"]),
	lease: LeaseState,
	nodeName: Name.optional(),
	cluster: Name.optional(),
	slot: Name.optional(),
	seat: z.int().optional(),
	role: Name.optional(),
	pinned: z.boolean(),
	generation: Generation,
	digest: Digest.optional(),
	progress: z.enum(["none", "issued", "applying", "applied", "rejected"]),
	health: Health,
	/** How Kubernetes sees its node, where it has one. */
	node: NodeState.optional(),
	labels: Labels,
	address: z.string().optional(),
	enrolledAt: z.string(),
	changedAt: z.string(),
});
export type MachineView = z.infer<typeof MachineView>;

/** `GET /v1/machines/{id}`: the view, with facts and the machine's latest events (as `Event`). */
export const MachineDetail = z.strictObject({
	machine: MachineView,
	facts: Facts,
	fenced: z.array(BootId),
	/** Its latest events, each with the sentence that says it. A newer coordinator may have events that we do not know. */
	events: z.array(z.strictObject({ event: z.unknown(), text: z.string() })),
	/** How it booted last, where this coordinator saw it. */
	boot: BootView.optional(),
});
export type MachineDetail = z.infer<typeof MachineDetail>;

/** One link of the chain of causes behind a machine's state, newest first. */
export const WhyLink = z.strictObject({
	seq: z.int(),
	at: z.string(),
	type: z.string(),
	text: z.string(),
	cause: z.int().optional(),
});
export const Why = z.strictObject({
	machineId: MachineId,
	nodeName: Name.optional(),
	rehearsal: z.boolean().optional(),
	phase: MachinePhase,
	reason: z.string(),
	next: z.string().optional(),
	chain: z.array(WhyLink),
});
export type Why = z.infer<typeof Why>;

/** What would change on one machine. `before`/`after` hold a file's text; secrets are replaced by a digest. */
export const FileChange = z.strictObject({
	path: z.string(),
	change: z.enum(["added", "changed", "removed"]),
	mode: z.string().optional(),
	before: z.string().optional(),
	after: z.string().optional(),
});
export const MachineChange = z.strictObject({
	machineId: MachineId,
	nodeName: Name.optional(),
	action: z.enum(["assign", "release", "move", "update", "refuse"]),
	from: z.string().optional(),
	to: z.string().optional(),
	reason: z.string(),
	files: z.array(FileChange),
	restarts: z.array(z.string()),
});
export type MachineChange = z.infer<typeof MachineChange>;

/** What would change at the cluster's API, besides the operator's own manifests: an object by kind and name. */
export const AddOnChange = z.strictObject({
	object: z.string(),
	change: z.enum(["added", "changed", "removed"]),
});
export type AddOnChange = z.infer<typeof AddOnChange>;

/** `POST /v1/plan`: what applying a document would do, and nothing else happens. */
export const Plan = z.strictObject({
	digest: Digest,
	unchanged: z.int(),
	machines: z.array(MachineChange),
	addOns: z.array(AddOnChange),
	warnings: z.array(z.string()),
});
export type Plan = z.infer<typeof Plan>;

/** A token as it is listed. The token itself is only in the answer to its creation. */
export const TokenView = z.strictObject({
	tokenId: z.string(),
	scope: TokenScope,
	state: z.enum(["usable", "used", "expired", "revoked"]),
	createdAt: z.string(),
	expiresAt: z.string().optional(),
	usedBy: MachineId.optional(),
	mac: Mac.optional(),
	labels: Labels,
});
export type TokenView = z.infer<typeof TokenView>;
export const TokenRequest = z.strictObject({
	scope: TokenScope,
	/** Life in seconds. Enroll tokens: at most a day, 10 minutes by default. */
	expiresInSeconds: z.int().min(1).max(31_536_000).optional(),
	mac: Mac.optional(),
	labels: Labels.default({}),
});
export type TokenRequest = z.infer<typeof TokenRequest>;
export const TokenCreated = z.strictObject({ token: z.string(), view: TokenView });
export type TokenCreated = z.infer<typeof TokenCreated>;

/** `GET /v1/status`: the coordinator and the fleet in a few numbers. `stateDigest` equals that of the fold of the log up to `seq`. */
export const Status = z.strictObject({
	coordinatorId: z.string(),
	leader: z.boolean(),
	leaderUrl: z.string().optional(),
	seq: z.int(),
	stateDigest: Digest,
	cluster: Name.optional(),
	/** The cluster's API, once it was ready for the first time: how it stands, and whether it holds what it is to hold. */
	kubernetes: z
		.strictObject({
			ready: z.boolean(),
			addOns: z.boolean(),
			reason: z.string().optional(),
			/** Claims that wait for a volume that nobody makes: which, and what to do. */
			claims: z.string().optional(),
		})
		.optional(),
	/** etcd, once it was founded or there is a snapshot of it: how many members live, and how old the newest snapshot is. */
	etcd: z
		.strictObject({
			members: z.int(),
			newestSnapshot: z.string().optional(),
			restoring: z.boolean(),
			reason: z.string().optional(),
		})
		.optional(),
	recovering: z.boolean(),
	machines: z.record(MachinePhase, z.int()),
	version: z.string(),
});
export type Status = z.infer<typeof Status>;

/** `GET /v1/cluster`. */
export const ClusterView = z.strictObject({
	document: z.unknown(),
	digest: Digest,
	declaredAt: z.string(),
	seq: z.int(),
});
export type ClusterView = z.infer<typeof ClusterView>;
/** `PUT /v1/cluster` and `POST /v1/plan` take the document as text, so that errors can name its lines. */
export const DocumentRequest = z.strictObject({ text: z.string().max(512 * 1024) });
