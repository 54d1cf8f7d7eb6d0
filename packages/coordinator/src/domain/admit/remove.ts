import type { EventDraft } from "@rollcall/protocol";
import type { Fleet } from "../fleet.ts";
import type { InputOf, Verdict } from "../inputs.ts";
import { accept, unknownMachine } from "./verdict.ts";

/** A person forgets a machine. It comes back only with a new token. */
export function remove(fleet: Fleet, { machineId, by }: InputOf<"remove">): Verdict {
	const machine = fleet.machines.get(machineId);
	if (!machine) return unknownMachine(machineId);
	const { command, seat } = machine;
	const reason = "the machine was removed";
	const events: EventDraft[] = [];
	if (command)
		events.push({ type: "command-ended", machineId, commandId: command.commandId, outcome: "failed", reason });
	if (seat) events.push({ type: "machine-released", machineId, slot: seat.slot, seat: seat.seat, reason });
	return accept([...events, { type: "machine-removed", machineId, by }]);
}
