import { z } from "zod";
import { BootView } from "../boot/boots.ts";
import { Facts } from "../facts.ts";
import { BootId, MachineId, Name } from "../ids.ts";
import { MachinePhase, MachineView } from "./machines.ts";

/** A program or CNI plugin that a machine's role calls, and who brings it: its operating system, or the coordinator as an artifact. */
export const ProgramSource = z.strictObject({
	name: z.string(),
	path: z.string(),
	from: z.enum(["system", "coordinator"]),
	/** Why the operating system's own does not count, where it has one that does not fit the cluster. */
	instead: z.string().optional(),
});
export type ProgramSource = z.infer<typeof ProgramSource>;

/** `GET /v1/machines/{id}`: the view, with facts and the machine's latest events (as `Event`). */
export const MachineDetail = z.strictObject({
	machine: MachineView,
	facts: Facts,
	fenced: z.array(BootId),
	/** Its latest events, each with the sentence that says it. A newer coordinator may have events that we do not know. */
	events: z.array(z.strictObject({ event: z.unknown(), text: z.string() })),
	/** How it booted last, where this coordinator saw it. */
	boot: BootView.optional(),
	/** Absent without a role. */
	programs: z.array(ProgramSource).optional(),
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
	/** Absent without a role. */
	programs: z.array(ProgramSource).optional(),
	chain: z.array(WhyLink),
});
export type Why = z.infer<typeof Why>;
