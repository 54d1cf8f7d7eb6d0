import type { MachineView } from "@rollcall/protocol";
import { type Session, widthFor } from "../session.ts";
import { machineTable, wideTable } from "../views/machine-table.ts";

/** The table of machines as it was asked for and as it fits where it goes. */
export function fleetTable(session: Session, machines: readonly MachineView[]): string[] {
	const { paint } = session.out;
	if (session.form === "wide") return wideTable(machines, session.now(), { paint });
	return machineTable(machines, session.now(), { width: widthFor(session), paint });
}
