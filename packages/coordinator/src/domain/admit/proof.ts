import {
	type Assignment,
	type EventDraft,
	type Facts,
	NO_ROLE,
	type SignedAssignment,
	type Timestamp,
	type UserPublicKey,
} from "@rollcall/protocol";
import { foundingOf } from "../etcd/founding.ts";
import { hasBegun, livingMembers } from "../etcd/members.ts";
import { type Fleet, type Machine, seatKey } from "../fleet.ts";
import { doubtLog } from "../log/log-doubt.ts";
import { etcdRole } from "../seats/seats.ts";
import { takenGeneration } from "../targets/issued-target.ts";

/** Who presents a proof: the incarnation and its key. */
export interface Presenter {
	readonly publicKey: UserPublicKey;
	readonly facts: Facts;
}

/** The assignment in a proof, if this fleet signed it for exactly this incarnation. */
export function provenAssignment(
	proof: SignedAssignment | undefined,
	proofValid: boolean,
	presenter: Presenter,
): Assignment | undefined {
	const assignment = proofValid ? proof?.assignment : undefined;
	if (assignment?.publicKey !== presenter.publicKey || assignment.bootId !== presenter.facts.bootId) return undefined;
	return assignment;
}

/** True when a proof is of a boot that an operator removed: it must not bring the machine back by itself. */
export function isOfRemoved(fleet: Fleet, assignment: Assignment): boolean {
	return fleet.removed.get(assignment.machineId)?.boots.includes(assignment.bootId) ?? false;
}

/** The events by which a machine that the log does not know comes back with what it proves. The first such proof says that the log is in doubt. */
export function comeBack(fleet: Fleet, assignment: Assignment, facts: Facts, at: Timestamp): EventDraft[] {
	const { machineId, bootId, publicKey, labels } = assignment;
	return [
		...doubtBy(fleet, `machine ${machineId} proves a seat, and the log does not know the machine`, at),
		{ type: "machine-enrolled", machineId, bootId, publicKey, facts, identity: "proof", labels },
		{ type: "machine-approved", machineId, by: "proof", basis: "proof" },
		...adopt(fleet, assignment),
	];
}

/** The events by which a known machine without seat gets what it proves, while a lost log is being rebuilt. */
export function readopt(fleet: Fleet, assignment: Assignment, at: Timestamp): EventDraft[] {
	const machine = fleet.machines.get(assignment.machineId);
	if (!machine || at >= fleet.recoverUntil || machine.approval === "rejected") return [];
	const approved: EventDraft[] =
		machine.approval === "waiting"
			? [{ type: "machine-approved", machineId: machine.machineId, by: "proof", basis: "proof" }]
			: [];
	if (machine.seat || machine.generation > assignment.generation) return [];
	return [...approved, ...adopt(fleet, assignment)];
}

/**
 * True when a machine proves that it was given more than the log knows, or something else by the same number: the log went back, and what it
 * says of the machine is old.
 */
export function outrunsLog(fleet: Fleet, assignment: Assignment): boolean {
	const machine = fleet.machines.get(assignment.machineId);
	if (!machine || machine.approval === "rejected" || assignment.generation <= takenGeneration(machine)) return false;
	const { target } = machine;
	const isKnown = target?.bootId === assignment.bootId && target.digest === assignment.digest;
	return assignment.generation > machine.generation || !isKnown;
}

/** The events by which the state follows what a machine proves beyond the log. The first such proof says that the log is in doubt. */
export function followProof(fleet: Fleet, assignment: Assignment, at: Timestamp): EventDraft[] {
	const { machineId, generation, slot, seat, nodeName } = assignment;
	const machine = fleet.machines.get(machineId);
	const known = machine?.generation ?? 0;
	const than = generation > known ? `and the log knows ${known}` : "and the log has another target by that number";
	const reason = `machine ${machineId} proves generation ${generation}, ${than}`;
	const doubt = doubtBy(fleet, reason, at);
	const own = machine?.seat;
	if (!own || (own.slot === slot && own.seat === seat && own.nodeName === nodeName))
		return [...doubt, ...adopt(fleet, assignment)];
	const adopted = adopt(fleet, assignment);
	const isAdopted = isDeclaredSeat(fleet, assignment) && adopted.some(({ type }) => type === "assignment-adopted");
	// Where the document does not have the newer seat, or somebody else has it by now, the one that it has does as well.
	if (own.role === assignment.role && !isAdopted) return [...doubt, ...raise(fleet, assignment)];
	const why = "it proves that it was given another seat since";
	const left: EventDraft = { type: "machine-released", machineId, slot: own.slot, seat: own.seat, reason: why };
	return [...doubt, left, ...adopted];
}

/** The event by which a proof brings the log into doubt. While a log that was lost is rebuilt, all proofs know more than it does. */
function doubtBy(fleet: Fleet, reason: string, at: Timestamp): EventDraft[] {
	if (fleet.log?.doubt !== undefined || at < fleet.recoverUntil) return [];
	return doubtLog([{ kind: "proof", reason }], fleet.log?.checkedTo ?? 0, at);
}

function raise(fleet: Fleet, { machineId, bootId, generation }: Assignment): EventDraft[] {
	const known = fleet.machines.get(machineId)?.generation ?? fleet.removed.get(machineId)?.generation ?? 0;
	return generation > known ? [{ type: "generation-raised", machineId, bootId, generation }] : [];
}

/**
 * The seat of a proof, if it still is one and nobody has a later right to it; else only the generation is kept. A seat of etcd is kept although
 * the document, which may have gone back too, does not have it: its holder goes when etcd has taken it out, like one whose seat was taken away.
 */
function adopt(fleet: Fleet, assignment: Assignment): EventDraft[] {
	const { machineId, generation, digest, cluster, slot, seat, role, nodeName, pinned } = assignment;
	const { assignedAt, podNetworks } = assignment;
	const raised = raise(fleet, assignment);
	if (!isDeclaredSeat(fleet, assignment) && !isOfEtcd(fleet, assignment)) return raised;
	const holder = holderOf(fleet, slot, seat);
	const namesake = fleet.nodeNames.get(nodeName);
	// Its node name may be its own still, which goes with it from one seat to another.
	if (namesake !== undefined && namesake !== machineId && namesake !== holder?.machineId) return raised;
	const yields: EventDraft[] = [];
	if (holder?.seat && holder.machineId !== machineId) {
		const isLater = assignedAt !== undefined && holder.seat.at < assignedAt;
		if (!isLater && !keepsMemory(fleet, assignment, holder)) return raised;
		const reason = isLater
			? `machine ${machineId} proves that it was given this seat later`
			: `machine ${machineId} proves that it runs etcd in this seat, and nobody who has one has begun it`;
		yields.push({ type: "machine-released", machineId: holder.machineId, slot, seat, reason });
	}
	return [
		...yields,
		{
			type: "assignment-adopted",
			machineId,
			slot,
			seat,
			role,
			nodeName,
			pinned,
			generation,
			digest,
			cluster,
			...(assignedAt === undefined ? {} : { assignedAt }),
			...(podNetworks ? { podNetworks } : {}),
		},
	];
}

/**
 * True where a seat for etcd was given to another machine after the log was lost or went back, before its holder proved itself, and that one holds no memory and was
 * not told to begin; as long as no member votes by the log, and nobody begins in the place of members that are gone. The memory of whoever proves late is worth more
 * than a seat.
 */
function keepsMemory(fleet: Fleet, assignment: Assignment, holder: Machine): boolean {
	if (!isOfEtcd(fleet, assignment) || holder.etcdMemory || hasBegun(fleet, holder)) return false;
	return !fleet.etcd || (!livingMembers(fleet).some(({ votes }) => votes) && foundingOf(fleet) === undefined);
}

function holderOf(fleet: Fleet, slot: string, seat: number): Machine | undefined {
	const holder = fleet.seats.get(seatKey(slot, seat));
	return holder === undefined ? undefined : fleet.machines.get(holder);
}

function isOfEtcd(fleet: Fleet, { role, cluster }: Assignment): boolean {
	const document = fleet.cluster?.document;
	return document !== undefined && document.name === cluster && role === etcdRole(document);
}

/** True when the document has this seat, or there is no document to compare with. */
function isDeclaredSeat(fleet: Fleet, assignment: Assignment): boolean {
	const document = fleet.cluster?.document;
	// What was proved is that it was emptied.
	if (assignment.role === NO_ROLE) return false;
	if (!document) return true;
	const slot = document.slots.find(({ name }) => name === assignment.slot);
	if (!slot || document.name !== assignment.cluster || slot.role !== assignment.role) return false;
	return slot.count === "rest" || assignment.seat < slot.count;
}
