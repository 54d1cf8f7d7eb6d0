import type { BootList, MachineView } from "@rollcall/protocol";
import type { Lab } from "./lab.ts";
import type { LabMachine } from "./machine.ts";

/** Those that are not ready, each with a sentence that says why; empty when all are. One whose QEMU ended is not, whatever it was before. */
export async function notReady(lab: Lab, machines: readonly LabMachine[]): Promise<string[]> {
	const known = await lab.coordinator().machines();
	const late = machines.filter(
		({ uuid, hasPower }) => !hasPower || !known.some((one) => one.machineId === uuid && one.phase === "ready"),
	);
	if (late.length === 0) return [];
	const { boots } = await lab.coordinator().call<BootList>("GET", "/v1/boots");
	return await Promise.all(
		late.map(async (machine) => {
			const boot = boots.find(({ mac, uuid }) => mac === machine.mac || uuid === machine.uuid);
			return `${machine.name}: ${await reasonOf(machine, { view: known.find((one) => one.machineId === machine.uuid), boot })}`;
		}),
	);
}

async function reasonOf(
	machine: LabMachine,
	{ view, boot }: { view: MachineView | undefined; boot: BootList["boots"][number] | undefined },
): Promise<string> {
	if (!machine.hasPower) return `its QEMU ended: ${machine.complaint || "it said nothing"}`;
	const shown =
		(await machine.consoleTail(2))
			.trim()
			.replaceAll(/\s*\n\s*/g, " | ")
			.slice(-300) || "nothing";
	if (view) return `${view.phase}: ${view.reason}${view.next ? `; ${view.next}` : ""}; its console shows ${shown}`;
	const waits = boot?.waitingFor ? `its boot waits for ${boot.waitingFor}` : "nothing was heard of it";
	return `${waits}${boot?.cause ? ` (${boot.cause})` : ""}; its console shows ${shown}`;
}
