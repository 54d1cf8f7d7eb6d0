import type { Fleet } from "@rollcall/coordinator";
import type { MachineId } from "@rollcall/protocol";
import { healthDigest } from "@rollcall/protocol";
import type { Beat } from "./messages.ts";

/** When a coordinator heard each machine last, as its loop keeps it. */
export class HeardModel {
	listeningSince = 0;
	readonly lastHeard = new Map<MachineId, number>();
	readonly #nudged = new Map<MachineId, number>();

	restart(at: number): void {
		this.lastHeard.clear();
		this.listeningSince = at;
	}

	/** What a beat comes to: it is stray, or the agent should say hello, or neither. */
	beat(fleet: Fleet, beat: Beat, at: number): "renewed" | "nudge" | "stray" {
		const machine = fleet.machines.get(beat.machineId);
		const nudge = () => {
			if (at - (this.#nudged.get(beat.machineId) ?? Number.NEGATIVE_INFINITY) < 5_000) return "renewed";
			this.#nudged.set(beat.machineId, at);
			return "nudge";
		};
		if (!machine) return nudge();
		if (machine.fenced.includes(beat.bootId)) return "stray";
		if (machine.bootId !== beat.bootId) return nudge();
		this.lastHeard.set(beat.machineId, at);
		const settled = machine.target === undefined || machine.target.generation === beat.generation;
		return settled && healthDigest(machine.health) === beat.health ? "renewed" : nudge();
	}
}
