import { z } from "zod";
import { BootId, Mac, MachineId, Name } from "../ids.ts";
import { BootStage } from "./request.ts";

/** How a boot goes. held: nothing is wrong with it, it waits for a person or a free seat. */
export const BootState = z.enum(["booting", "stuck", "held", "done"]);
export type BootState = z.infer<typeof BootState>;

/** One stage of a boot. Times are ISO 8601. */
export const BootStageView = z.strictObject({
	stage: BootStage,
	/** When it was reached; absent: not yet. */
	at: z.string().optional(),
	/** Milliseconds from the stage before; absent for the first one and for those that were not reached. */
	ms: z.int().optional(),
	/** When it should have been reached at the latest; absent where the stage before was not reached either. */
	deadlineAt: z.string().optional(),
});
export type BootStageView = z.infer<typeof BootStageView>;

/** The newest boot of a machine, stage by stage, as `GET /v1/boots` and `rollcall boots -o json` show it. */
export const BootView = z.strictObject({
	machineId: MachineId.optional(),
	bootId: BootId.optional(),
	nodeName: Name.optional(),
	/** Absent where the machine is not known yet. */
	rehearsal: z.boolean().optional(),
	mac: Mac.optional(),
	uuid: z.string().optional(),
	/** The address that asked last. */
	address: z.string().optional(),
	group: z.string().optional(),
	profile: z.string().optional(),
	state: BootState,
	startedAt: z.string(),
	/** From the first stage to the last one that was reached. */
	totalMs: z.int(),
	/** Those that were reached and those that are still expected, in order. */
	stages: z.array(BootStageView),
	/** The stage that is waited for; absent when it is done. */
	waitingFor: BootStage.optional(),
	/** Stuck and held: what usually causes it, or what is known to. */
	cause: z.string().optional(),
	/** What an operator can do. */
	next: z.string().optional(),
});
export type BootView = z.infer<typeof BootView>;

/** `GET /v1/boots`: stuck ones first, then the newest. `more`: how many were left out. */
export const BootList = z.strictObject({ boots: z.array(BootView), more: z.int() });
export type BootList = z.infer<typeof BootList>;
