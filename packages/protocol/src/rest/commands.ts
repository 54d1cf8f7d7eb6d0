import { z } from "zod";
import { BootId, MachineId, Name } from "../ids.ts";
import { CommandReply, LogAge } from "../messages.ts";
import { Timestamp } from "../times.ts";
import { UnitName } from "../unit-name.ts";

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
		sinceSeconds: LogAge.optional(),
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
