import { commandLine, descendantsOf } from "@rollcall/test-support/process-table";
import type { Seat } from "./seat.ts";

/** etcd itself, by its command line. */
export const ETCD = /^\S*\/etcd --/;
/** The real programs of a control plane. */
export const PROGRAMS = /^\S*\/(?:etcd|kube-apiserver) --/;

/** The programs below a machine that fit. */
export function pidsOf(seat: Seat, fits: RegExp): number[] {
	return descendantsOf(seat.machine.process.child.pid ?? -1).filter((pid) => fits.test(commandLine(pid)));
}

/** Sends a signal to each that still runs. */
export function send(pids: readonly number[], signal: NodeJS.Signals): void {
	for (const pid of pids)
		try {
			process.kill(pid, signal);
		} catch {
			// It ended by itself.
		}
}
