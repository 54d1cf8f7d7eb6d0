import { etcdRole, type Fleet, type Machine } from "@rollcall/coordinator/simulator";
import type { EventOf, MachineId } from "@rollcall/protocol";
import { must } from "./broken.ts";
import { fits } from "./fleet-rules.ts";

/** Where a document has fewer seats, no member that lives is taken out of etcd while a lost one has a seat that it could take. */
export function checkLeaves(before: Fleet, { machineId, bootId }: EventOf<"etcd-members-removing">): void {
	const members = before.etcd?.members ?? [];
	const isOf = ({ machineId, bootId }: Machine) =>
		members.some((one) => one.machineId === machineId && one.bootId === bootId && one.votes && !one.removed);
	const machine = before.machines.get(machineId);
	const document = before.cluster?.document;
	const { seat } = machine ?? {};
	if (!document || !machine || !seat || machine.bootId !== bootId || machine.lease !== "alive" || !isOf(machine))
		return;
	checkOthers(before, machineId);
	const slot = document.slots.find(({ name, role }) => name === seat.slot && role === etcdRole(document));
	const { count } = slot ?? {};
	if (!slot || typeof count !== "number" || seat.seat < count || !fits(slot, machine)) return;
	// Who never began, as it cannot have a target, is no member that lives, although etcd counts it.
	const isWell =
		machine.health.some(({ component }) => component === "etcd") && machine.health.every((one) => one.healthy);
	if (!isWell || machine.command) return;
	const lost = [...before.machines.values()].find(
		(one) =>
			one.lease === "lost" &&
			one.seat?.slot === slot.name &&
			one.seat.seat < count &&
			one.pinnedRole === undefined &&
			fits(slot, one) &&
			isOf(one),
	);
	must(!lost, "lost members leave etcd before those that live", () => `${machineId} goes before ${lost?.machineId}`);
}

/** How many members of etcd vote as far as a log knows. */
export function votersKnown(fleet: Fleet | undefined): number {
	const { members = [], unproved = [] } = fleet?.etcd ?? {};
	const voters = members.filter(({ votes, removed }) => votes && removed !== "done");
	const proved = voters.map(({ machineId }) => fleet?.machines.get(machineId)?.etcdMemory?.is?.memberId);
	return voters.length + unproved.filter((id) => !proved.includes(id)).length;
}

/** Where a member that lives is to go since its seat goes, the others are a majority without it, and well by what is known. */
function checkOthers(before: Fleet, machineId: MachineId): void {
	const well = (before.etcd?.members ?? []).filter(({ votes, removed, ...one }) => {
		const machine = before.machines.get(one.machineId);
		const isThere = machine?.bootId === one.bootId && machine.lease === "alive" && one.machineId !== machineId;
		return (
			votes && !removed && isThere && machine.health.some(({ component, healthy }) => component === "etcd" && healthy)
		);
	}).length;
	const left = votersKnown(before) - 1;
	must(
		well > left / 2,
		"a member that lives leaves only where the others are a majority",
		() => `${machineId} goes, and ${well} of ${left} others are well`,
	);
}
