import { UnitError, type UnitState, type Units } from "@rollcall/agent/simulator";
import type { Random } from "../random.ts";
import type { Schedule } from "../schedule.ts";
import type { RamDisk } from "./ram-disk.ts";

const UNIT_FOLDER = "/run/systemd/system";

export interface SystemdParts {
	readonly schedule: Schedule;
	readonly random: Random;
	readonly disk: RamDisk;
	/** Chance that a unit does not start. */
	readonly failure: () => number;
	/** A unit runs from now on, or does not any more. */
	readonly changed: (unit: string, runs: boolean) => void;
	/** The files that a unit reads when it starts. */
	readonly reads: (unit: string) => readonly string[];
	/** The agent ended a unit that ran. */
	readonly stopped: (unit: string) => void;
	readonly reboot: () => void;
}

/** The units of a boot: they run when they were started, whoever asked, and what they read is what lies on its disk. */
export class Systemd {
	readonly #parts: SystemdParts;
	readonly #active = new Map<string, UnitState["active"]>();
	/** What stood in the files that a unit reads when it was started last. */
	readonly #began = new Map<string, string>();

	/** How often each unit was to be started. */
	readonly #starts = new Map<string, number>();

	constructor(parts: SystemdParts) {
		this.#parts = parts;
	}

	isActive(unit: string): boolean {
		return this.#active.get(unit) === "active";
	}

	/** True for a unit that was started with its files as they are now, or does not run. */
	isUpToDate(unit: string): boolean {
		return !this.isActive(unit) || this.#began.get(unit) === this.#texts(this.#parts.reads(unit));
	}

	#texts(reads: readonly string[]): string {
		const { disk } = this.#parts;
		return reads.map((path) => (disk.standing(path) ? disk.read(path).toString("base64") : "-")).join();
	}

	/** As an agent's process sees it; what it waits for comes only while it lives. */
	units(waits: (ms: number) => Promise<void>): Units {
		const { random } = this.#parts;
		const soon = (): Promise<void> => waits(random.int(20, 400));
		return {
			reload: soon,
			start: async (unit) => {
				this.#orderStart(unit);
				await soon();
				this.#start(unit);
			},
			restart: async (unit) => {
				this.#orderStart(unit);
				await soon();
				this.#set(unit, "inactive");
				this.#start(unit);
			},
			stop: async (unit) => {
				const starts = this.#starts.get(unit);
				await soon();
				// A later order takes the place of one that is still to be done: systemctl(1), `--job-mode=replace`.
				if (this.#starts.get(unit) !== starts) return;
				if (!this.#active.has(unit)) throw new UnitError(`${unit}: not loaded`);
				if (this.isActive(unit)) this.#parts.stopped(unit);
				this.#set(unit, "inactive");
			},
			state: async (unit) => ({ active: this.#active.get(unit) ?? "inactive", detail: "as simulated" }),
			logs: async () => ({ kind: "logs", lines: [] }),
			reboot: async () => this.#parts.reboot(),
		};
	}

	#orderStart(unit: string): void {
		this.#starts.set(unit, (this.#starts.get(unit) ?? 0) + 1);
	}

	/** Somebody ends a unit, without a word to the agent. */
	end(unit: string): void {
		if (this.isActive(unit)) this.#set(unit, "inactive");
	}

	#start(unit: string): void {
		const { random, disk, failure } = this.#parts;
		if (!disk.standing(`${UNIT_FOLDER}/${unit}`)) throw new UnitError(`${unit}: not found`);
		if (this.isActive(unit)) return;
		if (random.chance(failure())) {
			this.#set(unit, "failed");
			throw new UnitError(`${unit}: exit code ${random.int(1, 9)}`);
		}
		this.#began.set(unit, this.#texts(this.#parts.reads(unit)));
		this.#set(unit, "active");
	}

	#set(unit: string, active: UnitState["active"]): void {
		const before = this.isActive(unit);
		this.#active.set(unit, active);
		if (before !== (active === "active")) this.#parts.changed(unit, !before);
	}
}
