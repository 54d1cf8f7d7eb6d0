import type { BootId, Event, MachineId } from "@rollcall/protocol";

/** What the rules remember of one log, kept simple and apart from the state that is checked. */
export class Seen {
	readonly seatOf = new Map<MachineId, string>();
	readonly holderOf = new Map<string, MachineId>();
	readonly generation = new Map<MachineId, number>();
	readonly boot = new Map<MachineId, BootId>();
	readonly over = new Set<BootId>();
	readonly usedTokens = new Map<string, BootId>();
	readonly reported = new Map<BootId, number>();
	readonly commands = new Map<string, number>();
	readonly spoke = new Set<BootId>();
	recoverUntil = 0;

	take(event: Event): void {
		switch (event.type) {
			case "log-started":
				this.recoverUntil = event.recovering ? event.recoverUntil : 0;
				return;
			case "machine-enrolled":
				this.boot.set(event.machineId, event.bootId);
				if (event.tokenId !== undefined) this.usedTokens.set(event.tokenId, event.bootId);
				return;
			case "incarnation-fenced":
			case "machine-compromised":
				this.over.add(event.bootId);
				return;
			case "fenced-incarnation-spoke":
				this.spoke.add(event.bootId);
				return;
			case "machine-assigned":
			case "assignment-adopted":
				this.seatOf.set(event.machineId, `${event.slot}/${event.seat}`);
				this.holderOf.set(`${event.slot}/${event.seat}`, event.machineId);
				if (event.type === "assignment-adopted") this.#raise(event.machineId, event.generation);
				return;
			case "machine-released":
				this.seatOf.delete(event.machineId);
				this.holderOf.delete(`${event.slot}/${event.seat}`);
				return;
			case "machine-reseated":
				this.holderOf.delete(`${event.from.slot}/${event.from.seat}`);
				this.seatOf.set(event.machineId, `${event.slot}/${event.seat}`);
				this.holderOf.set(`${event.slot}/${event.seat}`, event.machineId);
				return;
			case "machine-removed":
				this.seatOf.delete(event.machineId);
				this.boot.delete(event.machineId);
				// What was told of a machine is forgotten with it.
				this.spoke.clear();
				return;
			case "target-issued":
			case "generation-raised":
				this.#raise(event.machineId, event.generation);
				return;
			case "target-progress":
			case "health-changed":
				if (event.sequence !== undefined) this.reported.set(event.bootId, event.sequence);
				return;
			case "command-issued":
				this.commands.set(event.commandId, event.deadlineAt);
				return;
			case "command-ended":
				this.commands.delete(event.commandId);
				return;
			default:
		}
	}

	#raise(machineId: MachineId, generation: number): void {
		this.generation.set(machineId, Math.max(generation, this.generation.get(machineId) ?? 0));
	}
}
