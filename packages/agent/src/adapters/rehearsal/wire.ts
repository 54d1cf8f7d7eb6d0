import { LogAge } from "@rollcall/protocol";
import { z } from "zod";

/** What a rehearsed machine's init is asked: one JSON line per connection, answered by one JSON line. */
export const InitRequest = z.discriminatedUnion("op", [
	z.strictObject({ op: z.literal("reload") }),
	z.strictObject({ op: z.enum(["start", "restart", "stop", "state"]), unit: z.string().min(1).max(255) }),
	z.strictObject({
		op: z.literal("logs"),
		unit: z.string().max(255).optional(),
		lines: z.int().min(1).max(1000),
		sinceSeconds: LogAge.optional(),
		cursor: z.string().max(512).optional(),
	}),
	z.strictObject({ op: z.literal("reboot") }),
]);
export type InitRequest = z.infer<typeof InitRequest>;

/** The answer. `error` is the stand-in's text, for a person. */
export const InitReply = z.discriminatedUnion("kind", [
	z.strictObject({ kind: z.literal("done") }),
	z.strictObject({
		kind: z.literal("state"),
		active: z.enum(["active", "activating", "inactive", "failed", "unknown"]),
		detail: z.string(),
	}),
	z.strictObject({ kind: z.literal("logs"), lines: z.array(z.string()), cursor: z.string().optional() }),
	z.strictObject({ kind: z.literal("error"), error: z.string() }),
]);
export type InitReply = z.infer<typeof InitReply>;

/** The longest request and the longest reply, in bytes. */
export const REQUEST_BYTES = 16 * 1024;
export const REPLY_BYTES = 2 * 1024 * 1024;
