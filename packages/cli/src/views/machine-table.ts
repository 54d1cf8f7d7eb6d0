import type { MachineView } from "@rollcall/protocol";
import { ago } from "../text/duration.ts";
import { printable } from "../text/printable.ts";
import { type Column, type TableOptions, tableLines } from "../text/table.ts";
import { wrap } from "../text/width.ts";
import { nameOf } from "./machine-title.ts";
import { healthStyle, healthText, markOf, phaseStyle } from "./phase.ts";

/** A longer name is an id that nobody reads to its end. */
const LONG_NAME = 24;

/** The columns of every list of machines. `now` is for ages, in milliseconds since 1970. */
export function machineColumns(machines: readonly MachineView[], now: number): Column<MachineView>[] {
	// Names of nodes are typed again: other columns go before they are cut.
	const whole = machines.every((machine) => nameOf(machine).length <= LONG_NAME) ? { whole: true as const } : {};
	const columns: Column<MachineView>[] = [
		{ title: "MACHINE", text: nameOf, style: () => "bold", min: 18, yields: 2, ...whole },
		{
			title: "ROLE",
			text: (machine) => (machine.role ?? "") + (machine.pinned ? "*" : ""),
			min: 10,
			yields: 1,
			drop: 2,
		},
		{ title: "PHASE", text: (machine) => machine.phase, style: (machine) => phaseStyle(machine.phase) },
		{ title: "GEN", text: (machine) => (machine.generation === 0 ? "" : String(machine.generation)), drop: 5 },
		{ title: "HEALTH", text: healthText, style: healthStyle, drop: 3 },
		{ title: "AGE", text: (machine) => ago(machine.changedAt, now), drop: 4 },
	];
	if (machines.some((machine) => machine.rehearsal)) {
		columns.push({ title: "KIND", text: (machine) => markOf(machine) || "machine", style: () => "dim" });
	}
	return columns;
}

/**
 * The table of `rollcall machines`. Where there is no room, less important columns go first, and the reason is cut last; where there is none
 * for a column of reasons, each machine that is not ready has its own below it.
 */
export function machineTable(machines: readonly MachineView[], now: number, options: TableOptions): string[] {
	const columns = machineColumns(machines, now);
	columns.push({ title: "REASON", text: (machine) => machine.reason, min: 26, drop: 0 });
	const [title = "", ...lines] = tableLines(columns, machines, options);
	const { width } = options;
	if (width === undefined || title.includes("REASON")) return [title, ...lines];
	const below = machines.map(({ phase, reason }) =>
		phase === "ready" ? [] : wrap(printable(reason), Math.max(1, width - 2)).map((line) => `  ${line}`),
	);
	return [title, ...lines.flatMap((line, index) => [line, ...(below[index] ?? [])])];
}

/** The table of `rollcall machines -o wide`: with what is written on the boxes, and versions. Nothing is cut. */
export function wideTable(machines: readonly MachineView[], now: number, { paint }: TableOptions): string[] {
	const columns = machineColumns(machines, now);
	columns.push(
		{ title: "ID", text: (machine) => machine.machineId },
		{ title: "MAC", text: (machine) => machine.mac ?? "" },
		{ title: "ADDRESS", text: (machine) => machine.address ?? "" },
		{ title: "TRUST", text: (machine) => machine.grade },
		{ title: "SERIAL", text: (machine) => machine.serial ?? "" },
		{ title: "HOST NAME", text: (machine) => machine.hostName ?? "" },
		{ title: "KUBERNETES", text: (machine) => machine.node?.version ?? "" },
		{ title: "AGENT", text: (machine) => machine.agentVersion ?? "" },
		{ title: "REASON", text: (machine) => machine.reason },
	);
	return tableLines(columns, machines, paint ? { paint } : {});
}
