import type { Event, MachineView } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import type { TestCoordinator } from "./coordinator.ts";
import { roleFiles, type TestMachine, unitStarts } from "./machine.ts";

/** What a machine is to the fleet, by its id: all that must be the same after a loss that was healed. */
export type Seats = Readonly<Record<string, Partial<MachineView>>>;

/** Who sits where, under which generation, with which content. */
export async function seatsOf(coordinator: TestCoordinator): Promise<Seats> {
	const views = await coordinator.machines();
	return Object.fromEntries(
		views.map(({ machineId, bootId, slot, seat, role, nodeName, labels, generation, digest }) => [
			machineId,
			{ bootId, slot, seat, role, nodeName, labels, generation, digest },
		]),
	);
}

/** What lies and runs on machines: every file with its time of change, every start and stop of a unit. */
export async function holdingsOf(machines: readonly TestMachine[]): Promise<unknown> {
	return Promise.all(
		machines.map(async (machine) => ({
			name: machine.name,
			files: roleFiles(machine),
			units: await unitStarts(machine),
		})),
	);
}

/** Waits until the agents of these machines answer a ping, which goes over the bus and back. */
export async function allAnswer(
	coordinator: TestCoordinator,
	machineIds: readonly string[],
	deadlineMs?: number,
): Promise<void> {
	await Promise.all(
		machineIds.map((id) =>
			eventually(
				`machine ${id} to answer a ping`,
				async () => (await coordinator.request("POST", `/v1/machines/${id}/commands`, { kind: "ping" })).status === 200,
				deadlineMs,
			),
		),
	);
}

/** Every change of a lease. */
function leaseChanges(events: readonly Event[]): Extract<Event, { type: "lease-changed" }>[] {
	return events.filter((event) => event.type === "lease-changed");
}

/** The machines that were ever found lost, sorted. */
export function everLost(events: readonly Event[]): string[] {
	const lost = leaseChanges(events).filter(({ lease }) => lease === "lost");
	return [...new Set(lost.map(({ machineId }) => machineId))].sort();
}
