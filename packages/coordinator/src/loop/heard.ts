import type { BootId, MachineId, Report, Timestamp } from "@rollcall/protocol";
import { healthDigest } from "@rollcall/protocol";
import type { Fleet, Machine } from "../domain/fleet.ts";

/** What a beat comes to. `nudge`: the agent should say hello, since what it runs is not what it should, or it is not known. */
export type BeatVerdict = "renewed" | "nudge" | "stray";

/** How long one machine is left alone after it was asked to say hello, in milliseconds. */
const NUDGE_EVERY_MS = 5_000;

/**
 * When each machine was heard last. In memory only: heartbeats are never stored. Bounded by the number of machines that
 * the fleet knows, plus nothing: beats of unknown machines leave no trace but a nudge.
 */
export class Heard {
	readonly lastHeard = new Map<MachineId, Timestamp>();
	readonly #nudged = new Map<MachineId, Timestamp>();
	/** The highest report of each live boot. The log knows only of those that brought news. */
	readonly #reported = new Map<MachineId, { readonly bootId: BootId; readonly sequence: number }>();
	readonly #digests = new WeakMap<Machine["health"], string>();
	/** When this coordinator began to listen; before that, silence means nothing. */
	listeningSince: Timestamp = 0;

	/** Begins anew, when this coordinator starts to lead: every machine counts as heard now. */
	restart(at: Timestamp): void {
		this.lastHeard.clear();
		this.#nudged.clear();
		this.#reported.clear();
		this.listeningSince = at;
	}

	/** Any message of the live incarnation renews its lease. */
	renew(machineId: MachineId, at: Timestamp): void {
		this.lastHeard.set(machineId, at);
	}

	/** Takes note of a live boot's report. True when a later one was here before, so that this one says nothing any more. */
	isLate(fleet: Fleet, machineId: MachineId, { bootId, sequence }: Pick<Report, "bootId" | "sequence">): boolean {
		if (fleet.machines.get(machineId)?.bootId !== bootId) return false;
		const last = this.#reported.get(machineId);
		if (last?.bootId === bootId && sequence < last.sequence) return true;
		this.#reported.set(machineId, { bootId, sequence });
		return false;
	}

	/** Makes up for time in which this process itself did not run: it must not count as silence. */
	forgive(ms: number): void {
		this.listeningSince += ms;
		for (const [machineId, at] of this.lastHeard) this.lastHeard.set(machineId, at + ms);
	}

	/** Forgets machines that the fleet does not know any more. */
	prune(fleet: Fleet): void {
		for (const machineId of this.lastHeard.keys()) if (!fleet.machines.has(machineId)) this.lastHeard.delete(machineId);
		for (const machineId of this.#nudged.keys()) if (!fleet.machines.has(machineId)) this.#nudged.delete(machineId);
		for (const machineId of this.#reported.keys()) if (!fleet.machines.has(machineId)) this.#reported.delete(machineId);
	}

	beat(
		fleet: Fleet,
		beat: { machineId: MachineId; bootId: BootId; generation: number; health: string },
		at: Timestamp,
	): BeatVerdict {
		const machine = fleet.machines.get(beat.machineId);
		if (!machine) return this.#mayNudge(beat.machineId, at) ? "nudge" : "renewed";
		if (machine.bootId !== beat.bootId)
			return machine.fenced.includes(beat.bootId) ? "stray" : this.#mayNudge(beat.machineId, at) ? "nudge" : "renewed";
		this.renew(beat.machineId, at);
		const settled = machine.target === undefined || machine.target.generation === beat.generation;
		const sameHealth = this.#digestOf(machine.health) === beat.health;
		return settled && sameHealth ? "renewed" : this.#mayNudge(beat.machineId, at) ? "nudge" : "renewed";
	}

	#mayNudge(machineId: MachineId, at: Timestamp): boolean {
		const last = this.#nudged.get(machineId);
		if (last !== undefined && at - last < NUDGE_EVERY_MS) return false;
		if (this.#nudged.size > 20_000) this.#nudged.clear();
		this.#nudged.set(machineId, at);
		return true;
	}

	#digestOf(health: Machine["health"]): string {
		const known = this.#digests.get(health);
		if (known !== undefined) return known;
		const digest = healthDigest(health);
		this.#digests.set(health, digest);
		return digest;
	}
}
