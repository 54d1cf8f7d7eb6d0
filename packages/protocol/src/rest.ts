import { z } from "zod";
import { MachineView, TokenView } from "./api.ts";
import { EventSchema, Timestamp } from "./events.ts";
import { BootId, Digest, Generation, Labels, MachineId, Name } from "./ids.ts";
import { CommandReply } from "./messages.ts";
import { TargetContent, UnitName } from "./target.ts";

/** `GET /v1/machines`: sorted by id. `next`: ask again with `after` set to it; absent at the end. */
export const MachineList = z.strictObject({ machines: z.array(MachineView), next: MachineId.optional() });
export type MachineList = z.infer<typeof MachineList>;

/** `GET /v1/machines/{id}/target`. The content of a file that others may not read is replaced by its digest. */
export const TargetView = z.strictObject({
	machineId: MachineId,
	nodeName: Name,
	/** What was issued last; absent when nothing was yet. */
	generation: Generation.optional(),
	issued: Digest.optional(),
	/** The digest of the whole content, before anything was replaced. */
	digest: Digest,
	content: TargetContent,
});
export type TargetView = z.infer<typeof TargetView>;

/** `POST /v1/machines/{id}/reject`. */
export const RejectRequest = z.strictObject({ reason: z.string().min(1).max(1024).default("rejected by an operator") });
export type RejectRequest = z.infer<typeof RejectRequest>;
/** `POST /v1/machines/{id}/role`: null takes the pin back. */
export const RoleRequest = z.strictObject({ role: Name.nullable() });
export type RoleRequest = z.infer<typeof RoleRequest>;
/** `POST /v1/machines/{id}/labels`: all labels that the machine has from now on. */
export const LabelsRequest = z.strictObject({ labels: Labels });
export type LabelsRequest = z.infer<typeof LabelsRequest>;
/** `DELETE /v1/machines/{id}`. */
export const MachineRemoved = z.strictObject({ machineId: MachineId });

const deadlineSeconds = z.int().min(10).max(7200).default(600);
/** `bootId`: refuse when another incarnation is live by now. */
const bootId = BootId.optional();
/** `POST /v1/machines/{id}/commands`. */
export const CommandRequest = z.discriminatedUnion("kind", [
	z.strictObject({ kind: z.literal("ping"), bootId }),
	z.strictObject({
		kind: z.literal("logs"),
		bootId,
		unit: UnitName.optional(),
		lines: z.int().min(1).max(1000).default(100),
		cursor: z.string().max(512).optional(),
	}),
	z.strictObject({ kind: z.literal("reboot"), bootId, deadlineSeconds }),
	z.strictObject({ kind: z.literal("reset"), bootId, deadlineSeconds }),
]);
export type CommandRequest = z.infer<typeof CommandRequest>;
/** The machine's answer. `commandId` and `deadlineAt` (milliseconds since 1970) for reboot and reset: their end is an event `command-ended`. */
export const CommandAnswer = z.strictObject({
	machineId: MachineId,
	nodeName: Name.optional(),
	rehearsal: z.boolean().optional(),
	reply: CommandReply,
	commandId: z.string().optional(),
	deadlineAt: Timestamp.optional(),
});
export type CommandAnswer = z.infer<typeof CommandAnswer>;

/** `PUT /v1/cluster`. `changed`: false when this very document was declared already. */
export const DeclareReply = z.strictObject({
	digest: Digest,
	changed: z.boolean(),
	seq: z.int(),
	warnings: z.array(z.string()),
});
export type DeclareReply = z.infer<typeof DeclareReply>;

/** `GET /v1/tokens`: newest first. `more`: how many older ones were left out. */
export const TokenList = z.strictObject({ tokens: z.array(TokenView), more: z.int() });
export type TokenList = z.infer<typeof TokenList>;

/** `GET /v1/events`: oldest first. `next`: ask again with `after` set to it; `last`: the newest event that there is. */
export const EventPage = z.strictObject({ events: z.array(EventSchema), next: z.int(), last: z.int() });
export type EventPage = z.infer<typeof EventPage>;

/** What the WebSocket says, one frame a message. `caught-up` comes once: what follows happens now. */
export const StreamFrame = z.discriminatedUnion("kind", [
	z.strictObject({ kind: z.literal("event"), event: EventSchema, text: z.string() }),
	z.strictObject({ kind: z.literal("caught-up"), seq: z.int() }),
]);
export type StreamFrame = z.infer<typeof StreamFrame>;
