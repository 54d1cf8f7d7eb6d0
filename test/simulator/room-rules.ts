import type { Fleet } from "@rollcall/coordinator/simulator";
import type { Event, MachineId, Timestamp } from "@rollcall/protocol";
import { must } from "./broken.ts";

/** What a machine that nobody let in may add to the log at once, and in a minute, in bytes. */
const AT_ONCE = 256 * 1024;
const PER_MINUTE = 4 * 1024;

/** That no machine which waits for a person fills the log with what it says of itself. */
export class RoomRules {
	#used = new Map<MachineId, { readonly level: number; readonly at: Timestamp }>();

	take(before: Fleet, event: Event): void {
		// Whoever begins to lead counts anew.
		if (event.type === "leader-elected") this.#used = new Map();
		if (event.type !== "facts-changed" || before.machines.get(event.machineId)?.approval === "approved") return;
		const { machineId, at } = event;
		const used = this.#used.get(machineId) ?? { level: 0, at };
		const rest = Math.max(0, used.level - (Math.max(0, at - used.at) * PER_MINUTE) / 60_000);
		const level = rest + Buffer.byteLength(JSON.stringify(event));
		this.#used.set(machineId, { level, at });
		must(
			level <= AT_ONCE,
			"no machine that nobody let in fills the log",
			() => `${machineId} has written ${Math.round(level)} bytes`,
		);
	}
}
