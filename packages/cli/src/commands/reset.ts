import { longCommand } from "./long-command.ts";

/** `rollcall reset MACHINE`. */
export const addReset = longCommand(
	"reset",
	"stop what a machine runs, remove what was written, and apply its target anew",
	`
Examples:
  rollcall reset worker-1
  rollcall reset worker-1 --wait`,
);
