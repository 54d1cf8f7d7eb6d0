import type { MachineView } from "@rollcall/protocol";
import { titleOf } from "../views/machine-title.ts";
import type { UpFolders } from "./folders.ts";
import { logTail } from "./log-tail.ts";
import { REHEARSAL_LABEL } from "./rehearsal-label.ts";

/** The machines of this run, by the label that came with their tokens. */
export function ownMachines(machines: readonly MachineView[], names: readonly string[]): MachineView[] {
	return machines.filter((machine) => names.includes(machine.labels[REHEARSAL_LABEL] ?? ""));
}

/** True when every machine of this run is ready. */
export function allReady(machines: readonly MachineView[], names: readonly string[]): boolean {
	const ready = new Set(
		ownMachines(machines, names)
			.filter((machine) => machine.phase === "ready")
			.map((machine) => machine.labels[REHEARSAL_LABEL]),
	);
	return names.every((name) => ready.has(name));
}

/** Why each machine that is not ready is not: the coordinator's reason, or the last line of one that never enrolled. */
export async function missingReasons(
	machines: readonly MachineView[],
	names: readonly string[],
	folders: UpFolders,
): Promise<string[]> {
	const own = ownMachines(machines, names);
	const reasons = names.map(async (name) => {
		const machine = own.find((one) => one.labels[REHEARSAL_LABEL] === name);
		if (machine?.phase === "ready") return undefined;
		if (machine) {
			const next = machine.next ? `; next: ${machine.next}` : "";
			return `${titleOf(machine)}: ${machine.phase}: ${machine.reason}${next}`;
		}
		const [last] = await logTail(folders.machine(name).log, 1);
		return `REHEARSAL machine ${name}: it has not enrolled${last ? `; its log ends with: ${last}` : ""}`;
	});
	return (await Promise.all(reasons)).filter((reason) => reason !== undefined);
}
