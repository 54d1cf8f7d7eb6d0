import type { Beat, BootId, MachineId, Report } from "@rollcall/protocol";
import { healthDigest } from "@rollcall/protocol";
import type { Fleet, Machine } from "../domain/fleet.ts";
import type { Answer, Input } from "../domain/inputs.ts";
import type { Clock } from "../ports/clock.ts";
import { HeardClocks } from "./heard-clocks.ts";
import type { Ledger } from "./ledger.ts";

/**
 * What a beat comes to. `nudge`: the agent should say hello, since what it runs is not what it should, or it is not known, or the log is in doubt and does not tell what lies there. `unreported`: it
 * runs what it should, and what it said of that is not known.
 */
export type BeatVerdict = "renewed" | "nudge" | "unreported" | "stray";

/** The least time between two nudges of one machine, in milliseconds. */
const NUDGE_EVERY_MS = 5_000;

/**
 * When each machine was heard last, on this coordinator's own monotonic clock. In memory only: heartbeats are never stored. Holds one entry for each machine that the
 * fleet knows, who of them said hello, and the time of the last nudge for at most 20,000 machines, unknown ones among them.
 */
export class Heard {
	readonly lastHeard = new Map<MachineId, number>();
	readonly #nudged = new Map<MachineId, number>();
	/** Whose hello was taken since this coordinator leads. */
	readonly #greeted = new Set<MachineId>();
	/** The highest report of each live boot. The log knows only of those that brought news. */
	readonly #reported = new Map<MachineId, { readonly bootId: BootId; readonly sequence: number }>();
	readonly #digests = new WeakMap<Machine["health"], string>();
	/** What machines said of their own clocks. */
	readonly clocks = new HeardClocks();
	/** When this coordinator began to listen; before that, silence means nothing. */
	listeningSince = 0;

	/** Begins anew, when this coordinator starts to lead: every machine counts as heard now. */
	restart(at: number): void {
		this.lastHeard.clear();
		this.#nudged.clear();
		this.#greeted.clear();
		this.#reported.clear();
		this.listeningSince = at;
	}

	/** Any message of the live incarnation renews its lease. */
	renew(machineId: MachineId, at: number): void {
		this.lastHeard.set(machineId, at);
	}

	/** A live boot said good-bye: what was heard of it before is no sign of life any more. */
	leave(fleet: Fleet, { machineId, bootId }: { machineId: MachineId; bootId: BootId }): void {
		if (fleet.machines.get(machineId)?.bootId === bootId) this.lastHeard.delete(machineId);
	}

	/** An input as it counts: a report that comes after a later one says only that its boot speaks. */
	inTime(fleet: Fleet, input: Input): Input {
		if (input.kind !== "report") return input;
		const { machineId, report } = input;
		return this.#isLate(fleet, machineId, report) ? { kind: "stray-beat", machineId, bootId: report.bootId } : input;
	}

	/** Takes note of a live boot's report. True when a later one was here before, so that this one says nothing any more. */
	#isLate(fleet: Fleet, machineId: MachineId, { bootId, sequence }: Pick<Report, "bootId" | "sequence">): boolean {
		if (fleet.machines.get(machineId)?.bootId !== bootId) return false;
		const last = this.#reported.get(machineId);
		if (last?.bootId === bootId && sequence < last.sequence) return true;
		this.#reported.set(machineId, { bootId, sequence });
		return false;
	}

	/**
	 * Counts each machine as heard that joins from now on by a recorded event, also by one that the log stored although its answer was lost, and
	 * that is read later. Returns how to end that.
	 */
	follow(ledger: Pick<Ledger, "subscribe">, clock: Pick<Clock, "monotonic">): () => void {
		return ledger.subscribe((event) => {
			if (event.type === "machine-enrolled") this.renew(event.machineId, clock.monotonic());
		});
	}

	/** Counts as heard each machine that asked or reported and was not refused. */
	took(waiting: readonly { readonly input: Input }[], answers: readonly Answer[], at: number): void {
		waiting.forEach(({ input }, index) => {
			const refused = answers[index]?.kind === "fenced" || answers[index]?.kind === "problem";
			if (refused || (input.kind !== "hello" && input.kind !== "report")) return;
			this.renew(input.machineId, at);
			if (input.kind === "hello") this.#greeted.add(input.machineId);
		});
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
		for (const machineId of this.#greeted) if (!fleet.machines.has(machineId)) this.#greeted.delete(machineId);
		for (const machineId of this.#reported.keys()) if (!fleet.machines.has(machineId)) this.#reported.delete(machineId);
		this.clocks.prune((machineId) => fleet.machines.has(machineId));
	}

	beat(fleet: Fleet, beat: Beat & { machineId: MachineId }, at: number): BeatVerdict {
		const machine = fleet.machines.get(beat.machineId);
		if (!machine) return this.#mayNudge(beat.machineId, at) ? "nudge" : "renewed";
		if (machine.bootId !== beat.bootId)
			return machine.fenced.includes(beat.bootId) ? "stray" : this.#mayNudge(beat.machineId, at) ? "nudge" : "renewed";
		this.renew(beat.machineId, at);
		this.clocks.hear(beat, at);
		const { target } = machine;
		const settled = target === undefined || target.generation === beat.generation;
		// Who beats with a generation has applied it, whatever a log that lost its end says.
		const told = target === undefined || target.progress === "applied";
		const sameHealth = this.#digestOf(machine.health) === beat.health;
		// The entry that said that a member's memory lies there may be one of those that are missing.
		const unknown = fleet.log?.doubt !== undefined && !machine.etcdMemory && !this.#greeted.has(beat.machineId);
		if ((settled && told && sameHealth && !unknown) || !this.#mayNudge(beat.machineId, at)) return "renewed";
		return settled && target && !unknown ? "unreported" : "nudge";
	}

	#mayNudge(machineId: MachineId, at: number): boolean {
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
