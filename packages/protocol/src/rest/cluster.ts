import { z } from "zod";
import { DOCUMENT_LIMITS } from "../cluster/document.ts";
import { Digest, Labels, MachineId, Name } from "../ids.ts";

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
	/** The document in force that the plan starts from; absent where none is declared. */
	base: Digest.optional(),
	/** What happens to etcd's quorum, in one sentence; absent before etcd was founded. */
	etcd: z.string().optional(),
	unchanged: z.int(),
	machines: z.array(MachineChange),
	addOns: z.array(AddOnChange),
	warnings: z.array(z.string()),
});
export type Plan = z.infer<typeof Plan>;

/** `POST /v1/machines/{id}/plan`: one of the two changes. */
export const MachinePlanRequest = z.strictObject({ role: Name.nullable().optional(), labels: Labels.optional() });
export type MachinePlanRequest = z.infer<typeof MachinePlanRequest>;
/** What would follow from that change over the whole fleet. Nothing else happens. */
export const Consequences = Plan.omit({ digest: true, base: true, addOns: true });
export type Consequences = z.infer<typeof Consequences>;

/** `GET /v1/cluster`. */
export const ClusterView = z.strictObject({
	document: z.unknown(),
	digest: Digest,
	declaredAt: z.string(),
	seq: z.int(),
});
export type ClusterView = z.infer<typeof ClusterView>;
/** `PUT /v1/cluster` and `POST /v1/plan` take the document as text, so that errors can name its lines. */
export const DocumentRequest = z.strictObject({ text: z.string().max(DOCUMENT_LIMITS.characters) });

/** `PUT /v1/cluster`. What is given must hold at that moment, or nothing is declared: so a plan is what is carried out, and nobody overwrites another's document. */
export const DeclareRequest = DocumentRequest.extend({
	/** The digest that the document must have: that of the plan. */
	digest: Digest.optional(),
	/** The digest of the document that must be in force still; null: none may be. */
	base: Digest.nullable().optional(),
});
export type DeclareRequest = z.infer<typeof DeclareRequest>;

/** `PUT /v1/cluster`. `changed`: false when this very document was declared already. */
export const DeclareReply = z.strictObject({
	digest: Digest,
	changed: z.boolean(),
	seq: z.int(),
	warnings: z.array(z.string()),
});
export type DeclareReply = z.infer<typeof DeclareReply>;
