import type { Event, MachineView } from "@rollcall/protocol";
import { REHEARSAL_LABEL } from "./rehearsal-label.ts";

/** What a person does at a machine: cut its power and give it back. */
export class PowerSwitch {
	#press: () => void = () => {};

	/** Calls back once, when it is pressed next. */
	onPress(listener: () => void): void {
		this.#press = listener;
	}

	press(): void {
		this.#press();
		this.#press = () => {};
	}
}

/**
 * The power switches of a run's rehearsal machines. A machine that was removed while it lives is let in again only after
 * another boot (its token is used up, its proof does not count any more). At a real one somebody presses the switch; here we do.
 */
export class PowerSwitches {
	readonly #after: number;
	readonly #switches = new Map<string, PowerSwitch>();
	readonly #names = new Map<string, string>();

	/** Events up to the number `after` are of the past. */
	constructor(after: number) {
		this.#after = after;
	}

	/** The switch of a machine, by its name in this run. */
	of(name: string): PowerSwitch {
		const known = this.#switches.get(name) ?? new PowerSwitch();
		this.#switches.set(name, known);
		return known;
	}

	/** Learns the ids of this run's machines. */
	see(machines: readonly MachineView[]): void {
		for (const { machineId, labels } of machines) {
			const name = labels[REHEARSAL_LABEL];
			if (name !== undefined) this.#names.set(machineId, name);
		}
	}

	/** Presses the switch of a machine that was removed. */
	hear(event: Event): void {
		if (event.type !== "machine-removed" || event.seq <= this.#after) return;
		const name = this.#names.get(event.machineId);
		this.#names.delete(event.machineId);
		if (name !== undefined) this.#switches.get(name)?.press();
	}
}
