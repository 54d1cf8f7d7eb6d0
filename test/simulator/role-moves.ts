import type { MachineId } from "@rollcall/protocol";
import type { MoveKind } from "./moves.ts";
import type { Random } from "./random.ts";
import type { World } from "./world.ts";

/** Roles that a person gives by hand, and takes back. */
export const ROLE_MOVES: Readonly<Record<string, MoveKind>> = {
	"a control plane is made a worker by hand for a while": { weight: 4, about: "roles", act: giveForAWhile },
};

function giveForAWhile(world: World, luck: Random): void {
	const holders = [...(world.leader()?.fleet?.machines.values() ?? [])].filter(
		({ seat, lease }) => seat?.role === "control-plane" && lease === "alive",
	);
	if (holders.length === 0) return;
	const { machineId } = luck.pick(holders);
	pin(world, machineId, "worker");
	world.schedule.after(luck.int(10_000, 30_000), () => pin(world, machineId, null));
}

function pin(world: World, machineId: MachineId, role: string | null): void {
	const leader = world.leader();
	if (leader) world.askAsPerson(leader, { kind: "pin-role", machineId, role, by: "operator" });
}
