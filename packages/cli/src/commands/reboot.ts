import { longCommand } from "./long-command.ts";

/** `rollcall reboot MACHINE`. */
export const addReboot = longCommand(
	"reboot",
	"boot a machine again; its memory is gone and it takes its role anew",
	`
It is done when the machine enrolls with a new boot id; a member of etcd, when it votes again.
--wait goes on until it is ready again, and tells its stages; with --wait=enrolled it does not.

Examples:
  rollcall reboot worker-1
  rollcall reboot worker-1 --wait --deadline 5m
  rollcall reboot worker-1 --wait=enrolled`,
);
