import type { MachineId } from "@rollcall/protocol";
import type { Fleet, Machine } from "../fleet.ts";
import { membersOf } from "../networks/members.ts";
import { oncePer } from "../once-per.ts";
import { etcdRole, seatCount } from "../seats/seats.ts";
import {
	areStoodIn,
	begunNow,
	etcdHolders,
	hasLostMemory,
	holdsMemory,
	holdsSameAs,
	livingMembers,
	strangers,
} from "./members.ts";
import { majorityOf } from "./quorum.ts";
import type { EtcdFounder } from "./state.ts";
import { wasTakenOut } from "./taken-out.ts";

/** Who begins etcd together, from the first target for it until it is founded. */
export interface Founding {
	readonly founders: readonly EtcdFounder[];
	/** Recorded when the first of them was told to begin: then their list is whole. Else they proved it after the log was lost, and there may be more. */
	readonly isWhole: boolean;
	/** Those whose boot began, and may have etcd's data. */
	readonly begun: readonly Machine[];
	/** Those who may have etcd's data, or can still begin. */
	readonly left: readonly Machine[];
	/** Too few of them are left for a majority: whoever began can never vote. */
	readonly isHopeless: boolean;
}

/**
 * Who begins etcd together just now. Undefined: nobody has begun, or all that had lost their memory with their boots, so that others may begin.
 * As long as there is one, nobody else begins: he would be of another cluster.
 */
export const foundingOf = oncePer(findFounding);

function findFounding(fleet: Fleet): Founding | undefined {
	if (livingMembers(fleet).length > 0) return undefined;
	const recorded = fleet.founding ?? [];
	const begun = recorded.flatMap((one) => holderOf(fleet, one) ?? []);
	if (begun.length > 0 && !wasFounded(fleet, begun)) {
		const left = recorded.flatMap((one) => holderOf(fleet, one) ?? ableToBegin(fleet, one) ?? []);
		return { founders: recorded, isWhole: true, begun, left, isHopeless: left.length < majorityOf(recorded.length) };
	}
	const proved = provedHolders(fleet);
	if (proved.length === 0) return undefined;
	const names = new Map(peersOf(fleet).map((one) => [one.nodeName, one.address]));
	const founders = proved.map(({ machineId, bootId, seat }): EtcdFounder => {
		const nodeName = seat?.nodeName ?? "";
		return { machineId, bootId, nodeName, address: names.get(nodeName) ?? "" };
	});
	return { founders, isWhole: false, begun: proved, left: proved, isHopeless: false };
}

/**
 * True where a machine has memory of the etcd of those who began, and is none of them: it joined etcd when that was founded, and the entry that says so is
 * missing.
 */
function wasFounded(fleet: Fleet, begun: readonly Machine[]): boolean {
	if (fleet.recoverUntil === 0) return false;
	const holds = holdsSameAs(begun.filter(holdsMemory));
	return [...fleet.machines.values()].some((one) => holds(one) && !isFounder({ founders: fleet.founding ?? [] }, one));
}

/**
 * Of machines that proved their seats after the log was lost, those that run etcd by the word of their agents, who have its memory. A control plane proves its
 * seat also with a target from before a document had etcd there. Where an etcd is only stood in for, nobody says it.
 */
export function runners(fleet: Fleet, proved: readonly Machine[]): readonly Machine[] {
	return areStoodIn(fleet, proved) ? proved : proved.filter(({ etcdMemory }) => etcdMemory?.is !== undefined);
}

/** The founders once a machine was given a target with etcd: who begins together is recorded with the first one, and who was told to with each. */
export function foundersWith(fleet: Fleet, machineId: MachineId): Fleet["founding"] {
	const bootId = fleet.machines.get(machineId)?.bootId;
	if (livingMembers(fleet).length > 0 || bootId === undefined) return fleet.founding;
	const now = foundingOf(fleet);
	if (now && !now.isWhole) return fleet.founding;
	const founders = now?.founders ?? newFounders(fleet);
	return founders?.map((one) => (one.machineId === machineId ? { bootId, ...one } : one));
}

/** All that have a seat for etcd; nobody begins before all its seats are filled. */
function newFounders(fleet: Fleet): readonly EtcdFounder[] | undefined {
	const document = fleet.cluster?.document;
	const peers = peersOf(fleet);
	if (!document || peers.length < seatCount(document, etcdRole(document))) return undefined;
	const ids = new Map(etcdHolders(fleet).map((one) => [one.seat?.nodeName, one.machineId]));
	return peers.flatMap((peer): EtcdFounder[] => {
		const machineId = ids.get(peer.nodeName);
		return machineId === undefined ? [] : [{ machineId, ...peer }];
	});
}

/** Those who began, or still could, and are lost, where too few are here without them: whether etcd can begin is known when they are back, or a person gives them up. */
export function missedFounders({ founders, left, begun }: Founding): readonly Machine[] {
	return missedOf(left, ableFounders({ left, begun }), founders.length);
}

/** Those who began, or still can. */
function ableFounders({ left, begun }: Pick<Founding, "left" | "begun">): readonly Machine[] {
	return left.filter((one) => begun.includes(one) || canBegin(one));
}

/** True where those who begin are too few as long as one of them cannot have a target. */
export function lacksAble(founding: Founding): boolean {
	return ableFounders(founding).length < majorityOf(founding.founders.length);
}

/** Holders of seats for etcd that are lost while it is to begin, where too few are here without them: whoever began would have no majority. */
export function missedHolders(fleet: Fleet): readonly Machine[] {
	const holders = etcdHolders(fleet);
	return missedOf(holders, holders.filter(canBegin), holders.length);
}

/** False for a machine that cannot have a target for a reason of its own, such as too little memory: it is no help, also where it is here. */
function canBegin({ impossible }: Machine): boolean {
	return impossible?.kind !== "unfit";
}

/** Those that are lost, where too few of the able ones are here without them for a majority of `all`. */
function missedOf(machines: readonly Machine[], able: readonly Machine[], all: number): readonly Machine[] {
	const isLost = ({ lease }: Machine): boolean => lease === "lost";
	const here = able.filter((one) => !isLost(one));
	return here.length < majorityOf(all) ? machines.filter(isLost) : [];
}

/** Whether a boot is among those who begin: it was told to, or no boot of its machine was yet. */
export function isFounder(
	founding: Pick<Founding, "founders">,
	{ machineId, bootId }: Pick<Machine, "machineId" | "bootId">,
): boolean {
	return founding.founders.some(
		(one) => one.machineId === machineId && (one.bootId ?? bootId) === bootId && !one.emptied,
	);
}

/**
 * True for a boot that began etcd while that is not founded yet, and may have its data: with others, or alone with a snapshot and it is at it just now, so that its
 * agent has not said yet whether data lies there.
 */
export function mayHaveBegun(fleet: Fleet, { machineId, lease, target }: Machine): boolean {
	const { founders = [], begun = [] } = foundingOf(fleet) ?? {};
	// Who lost its seat has no target any more, and is at nothing.
	const isAtIt = lease !== "lost" && target !== undefined && !["applied", "rejected"].includes(target.progress);
	const isRestored = fleet.snapshots?.restoring !== undefined;
	return (founders.length > 1 || (isRestored && isAtIt)) && begun.some((one) => one.machineId === machineId);
}

/**
 * True for a boot whose memory etcd may not lose yet, while it is not founded: it may have begun, or it has etcd's data by the word of its agent. Nobody is
 * there who could take it out.
 */
export function isBeginning(fleet: Fleet, machine: Machine): boolean {
	if (mayHaveBegun(fleet, machine)) return true;
	const { begun = [] } = foundingOf(fleet) ?? {};
	return machine.etcdMemory?.is !== undefined && begun.some(({ machineId }) => machineId === machine.machineId);
}

/** The founders once a machine was emptied: it may have any seat, but does not begin again in this boot. */
export function foundersWithout(fleet: Fleet, machineId: MachineId): Fleet["founding"] {
	return fleet.founding?.map((one) => (one.machineId === machineId && one.bootId ? { ...one, emptied: true } : one));
}

function peersOf(fleet: Fleet) {
	const document = fleet.cluster?.document;
	return document ? membersOf(fleet, etcdRole(document)) : [];
}

/** The machine of a founder whose data may still be there. */
function holderOf(fleet: Fleet, { machineId, bootId, emptied }: EtcdFounder): Machine | undefined {
	const machine = fleet.machines.get(machineId);
	if (!machine || emptied || machine.bootId !== bootId || machine.approval === "rejected") return undefined;
	return hasLostMemory(machine) || wasTakenOut(fleet, machine) ? undefined : machine;
}

/** The machine of a founder that was not told to begin yet, and still can: with the seat and the address by which the others look for it. */
function ableToBegin(fleet: Fleet, { machineId, bootId, nodeName, address }: EtcdFounder): Machine | undefined {
	const isAble = peersOf(fleet).some((one) => one.nodeName === nodeName && one.address === address);
	return bootId === undefined && isAble ? fleet.machines.get(machineId) : undefined;
}

/** Machines that run what a seat for etcd means, by their proofs: the log does not know with whom they began. */
function provedHolders(fleet: Fleet): readonly Machine[] {
	const document = fleet.cluster?.document;
	// A document that went back, or was changed since, may not have the seats of all that run, or of any.
	const more = document ? strangers(fleet).filter(({ seat }) => seat?.role === etcdRole(document)) : [];
	return [...begunNow(fleet), ...more].filter((one) => !wasTakenOut(fleet, one) && one.approval !== "rejected");
}
