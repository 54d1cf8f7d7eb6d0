import type { MachineView } from "@rollcall/protocol";
import { ago } from "../text/duration.ts";
import { type Column, type TableOptions, tableLines } from "../text/table.ts";
import { healthStyle, healthText, markOf, phaseStyle } from "./phase.ts";

/** The columns of every list of machines. `now` is for ages, in milliseconds since 1970. */
export function machineColumns(machines: readonly MachineView[], now: number): Column<MachineView>[] {
	const columns: Column<MachineView>[] = [
		{ title: "MACHINE", text: (machine) => machine.machineId, style: () => "bold", min: 12, yields: 2 },
		{ title: "NODE", text: (machine) => machine.nodeName ?? "", min: 14 },
		{
			title: "ROLE",
			text: (machine) => (machine.role ?? "") + (machine.pinned ? "*" : ""),
			min: 10,
			yields: 1,
			drop: 2,
		},
		{ title: "PHASE", text: (machine) => machine.phase, style: (machine) => phaseStyle(machine.phase) },
		{ title: "GEN", text: (machine) => (machine.generation === 0 ? "" : String(machine.generation)), drop: 5 },
		{
			title: "HEALTH",
			text: (machine) => healthText(machine.health),
			style: (machine) => healthStyle(machine.health),
			drop: 3,
		},
		{ title: "AGE", text: (machine) => ago(machine.changedAt, now), drop: 4 },
	];
	if (machines.some((machine) => machine.rehearsal)) {
		columns.push({ title: "KIND", text: (machine) => markOf(machine) || "machine", style: () => "dim" });
	}
	return columns;
}

/** The table of `rollcall machines`. */
export function machineTable(machines: readonly MachineView[], now: number, options: TableOptions): string[] {
	const columns = machineColumns(machines, now);
	columns.push({ title: "REASON", text: (machine) => machine.reason, min: 24, yields: 3, drop: 6 });
	return tableLines(columns, machines, options);
}
