import { type Declared, declarations, entryOfName } from "../approval.ts";
import { byMachineId } from "../drafts.ts";
import type { Fleet, Machine } from "../fleet.ts";
import { circleAdvice, circleFrom, type NameClaims } from "./name-circles.ts";

/** The claims of a fleet's machines, by the document in force. */
export function nameClaims(fleet: Pick<Fleet, "cluster" | "machines" | "nodeNames">): NameClaims {
	const document = fleet.cluster?.document;
	if (!document) return () => undefined;
	const declaredFor = declarations(document);
	return (machine) => {
		const nodeName = declaredFor(machine)?.entry.nodeName;
		if (nodeName === undefined || machine.seat?.nodeName === nodeName) return undefined;
		const holder = fleet.machines.get(fleet.nodeNames.get(nodeName) ?? ("" as never));
		return { nodeName, holder };
	};
}

/**
 * Why a holder leaves its seat for a name's sake: it is lost, and the name is declared for another box, which is here (never one that
 * holds memory of etcd: a person decides about that); or it has booted anew and is declared under a name that is free. A boot that was
 * given a target keeps its name.
 */
export function nameFault(fleet: Fleet): (machine: Machine) => string | undefined {
	const document = fleet.cluster?.document;
	if (!document || document.machines.length === 0) return () => undefined;
	const declaredFor = declarations(document);
	const claimOf = nameClaims(fleet);
	return (machine) => {
		const { seat } = machine;
		if (!seat) return undefined;
		const claim = claimOf(machine);
		if (claim && !claim.holder && !isGivenTarget(machine)) return `it is declared as the node ${claim.nodeName}`;
		if (holdsEtcd(seat.role)) return undefined;
		const entry = machine.lease === "lost" ? entryOfName(document, seat.nodeName) : undefined;
		if (!entry || declaredFor(machine)?.entry === entry) return undefined;
		const heir = machinesOf(fleet, entry).find(
			(one) => declaredFor(one)?.entry === entry && one.approval === "approved" && one.lease !== "lost",
		);
		return heir && `it is lost, and its node name ${seat.nodeName} is declared for another machine, which is here`;
	};
}

/** What a person can do about a declared name that a machine does not have yet; undefined where there is nothing to do. */
export function nameAdvice(fleet: Fleet, machine: Machine): string | undefined {
	const claimOf = nameClaims(fleet);
	const claim = claimOf(machine);
	if (!claim) return undefined;
	const { nodeName, holder } = claim;
	const circle = circleFrom(claimOf, machine);
	if (circle) return circleAdvice(circle);
	if (holder && getsFreeName(claimOf, holder))
		return `rollcall reboot ${holder.machineId}, which gets another name; then it becomes ${nodeName}`;
	if (holder) return `rollcall remove ${holder.machineId}, and it becomes ${nodeName}`;
	return machine.seat && `it becomes ${nodeName} with its next boot: rollcall reboot ${machine.machineId}`;
}

/** The declared node names that machines get with their next boot. */
export function namesToCome(fleet: Fleet): string[] {
	const claimOf = nameClaims(fleet);
	const coming = [...fleet.machines.values()].filter(({ seat }) => seat).sort(byMachineId);
	return bounded(
		coming.flatMap((machine) => {
			const claim = claimOf(machine);
			if (!claim || claim.holder) return [];
			const { machineId, seat } = machine;
			return [
				`machine ${machineId} is ${seat?.nodeName} until its next boot, then ${claim.nodeName}: rollcall reboot ${machineId}`,
			];
		}),
	);
}

/** So many are named in a plan. */
const MAX_NAMED = 32;

/** The declared node names that other machines have, and when they move. */
export function heldNames(fleet: Fleet): string[] {
	const document = fleet.cluster?.document;
	if (!document) return [];
	const declaredFor = declarations(document);
	const claimOf = nameClaims(fleet);
	const held = document.machines.flatMap((entry) => {
		const { nodeName = "", mac, uuid } = entry;
		const holder = fleet.machines.get(fleet.nodeNames.get(nodeName) ?? ("" as never));
		if (!holder || declaredFor(holder)?.entry === entry) return [];
		const isFreed = holder.lease === "lost" && holder.seat && !holdsEtcd(holder.seat.role);
		const circle = circleFrom(claimOf, holder);
		const way = circle
			? `machines change names with each other: ${circleAdvice(circle)}`
			: `it moves after: rollcall ${getsFreeName(claimOf, holder) ? "reboot" : "remove"} ${holder.machineId}`;
		const when = isFreed
			? `which is lost; it moves when ${mac ?? uuid} is here`
			: `which ${holder.lease === "lost" ? "is lost" : "lives"}; ${way}`;
		return [`the node name ${nodeName} is that of ${holder.machineId}, ${when}`];
	});
	return bounded(held);
}

function bounded(lines: readonly string[]): string[] {
	const left = lines.length - MAX_NAMED;
	return left > 0 ? [...lines.slice(0, MAX_NAMED), `and ${left} more node names`] : [...lines];
}

/** True for a machine whose boot may run something under its name. */
function isGivenTarget({ target, bootId }: Machine): boolean {
	return target?.bootId === bootId;
}

/** True for a machine that lives, and gives its name up with its next boot, since it is declared under another that is free. */
function getsFreeName(claimOf: NameClaims, machine: Machine): boolean {
	const claim = machine.lease === "lost" ? undefined : claimOf(machine);
	return claim !== undefined && claim.holder === undefined;
}

/** True for a role whose machines may hold etcd's memory. */
export function holdsEtcd(role: string): boolean {
	return role === "control-plane" || role === "etcd";
}

/** The machines that may be meant by an entry. */
function machinesOf(fleet: Fleet, { uuid, mac }: Declared): Machine[] {
	const ids = [uuid, ...(fleet.claims.get(`uuid:${uuid}`) ?? []), ...(fleet.claims.get(`mac:${mac}`) ?? [])];
	return [...new Set(ids)].flatMap((id) => fleet.machines.get(id as never) ?? []);
}
