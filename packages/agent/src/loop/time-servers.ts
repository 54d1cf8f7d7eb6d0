import { type Facts, messageOf, serial, type TimeFile } from "@rollcall/protocol";
import type { Log, TimeFiles, Units } from "../ports.ts";

/** What following the document's time servers needs. */
export interface TimeServersParts {
	readonly timeFiles: TimeFiles;
	readonly units: Pick<Units, "restart">;
	readonly facts: () => Promise<Facts>;
	readonly log: Log;
}

/** Has the machine's time service ask the document's time servers, also before the machine has a role. */
export interface TimeServers {
	/** What the coordinator said last; undefined: none are declared. Never throws: what failed is logged, and done when it is said again. */
	follow(file: TimeFile | undefined): Promise<void>;
}

/** Time servers of which the machine was told nothing yet. */
export function createTimeServers({ timeFiles, units, facts, log }: TimeServersParts): TimeServers {
	const inTurn = serial();
	/** The service has not read yet what was changed. */
	let unread = false;
	let told = "";
	return {
		follow: (file) =>
			inTurn(async () => {
				try {
					unread = timeFiles.put(file) || unread;
					if (!unread) return;
					const unit = file?.unit ?? (await facts()).timeService?.unit;
					if (unit !== undefined) await units.restart(unit);
					unread = false;
					told = "";
					log.info(
						file ? "the clock is set by the document's time servers" : "the document names no time servers any more",
						{
							unit: unit ?? "none",
						},
					);
				} catch (error) {
					const reason = messageOf(error);
					if (reason !== told) log.warn("the document's time servers are not asked yet", { reason });
					told = reason;
				}
			}),
	};
}
