import { dateText, type Timestamp } from "@rollcall/protocol";
import { certifiedUntil } from "../certificates/certificate-list.ts";
import { dateOf } from "../clocks/log-clock.ts";
import { clockAdvice, clockText, isFarOff, waitsForClock } from "../clocks/machine-clock.ts";
import { etcdBeginning } from "../etcd/beginning.ts";
import { unseatedAdvice } from "../etcd/unseated.ts";
import type { Fleet, Machine } from "../fleet.ts";
import { lackFor, misfit } from "../grades.ts";
import { nameAdvice, nameClaims } from "../seats/declared-names.ts";
import { etcdRole } from "../seats/seats.ts";
import { mismatch } from "../seats/selector.ts";
import { holdsForgotten } from "../seats/slots.ts";
import type { Impossible } from "../targets/impossible.ts";

/** What to do about a role that was given by hand where no seat is free. */
export const MORE_SEATS = "raise the count of a slot with this role, or take the role back";

/** Why a machine has nothing to run now, and what an operator can do about it. */
export interface Waiting {
	readonly reason: string;
	readonly next?: string;
}

/** A machine that is kept out; one that ran its target then is cut off with all of it. */
function rejectedReason(fleet: Fleet, machine: Machine, at: Timestamp): Waiting {
	const { approvalReason, leaving } = machine;
	const next = `rollcall approve ${machine.machineId}`;
	if (!leaving) return { reason: approvalReason, next };
	const until = certifiedUntil(machine, dateOf(fleet, at));
	const keys = until === undefined ? "" : `; what it got certificates for is valid until ${dateText(until)}`;
	return {
		reason: `${approvalReason}; nobody empties it: it runs on with what it was given until it is switched off or boots${keys}`,
		next: `switch it off; or ${next}, and it is emptied${keys === "" ? "" : "; rollcall certs rotate ends its certificates before"}`,
	};
}

/** Says in words what a machine without a target waits for. */
export function waitReason(fleet: Fleet, machine: Machine, at: Timestamp): Waiting {
	const { machineId, seat } = machine;
	if (machine.approval === "rejected") return rejectedReason(fleet, machine, at);
	if (machine.approval === "waiting") {
		if (machine.contested !== undefined) {
			return {
				reason: `it waits for a person: ${machine.contested}`,
				next: `look at both machines, then rollcall approve ${machineId} or rollcall reject ${machineId}`,
			};
		}
		return { reason: "it waits for approval", next: `rollcall approve ${machineId}, or declare it or a rule for it` };
	}
	if (at < fleet.recoverUntil) {
		const seconds = Math.ceil((fleet.recoverUntil - at) / 1000);
		return { reason: `the coordinator lost its log and listens for ${seconds} s more to what the machines hold` };
	}
	const document = fleet.cluster?.document;
	if (!document) return { reason: "no cluster is declared", next: "rollcall apply -f FILE" };
	if (seat && machine.impossible !== undefined) {
		return {
			reason: `no target can be made for seat ${seat.seat} of slot ${seat.slot}: ${machine.impossible.reason}`,
			next: afterImpossible(fleet, machine, machine.impossible),
		};
	}
	if (seat && waitsForClock(machine)) {
		const reason = `it has seat ${seat.seat} of slot ${seat.slot} and gets its target when its clock is right: ${clockText(machine)}`;
		return { reason, next: clockAdvice(document, machine) };
	}
	if (seat) return { reason: `it has seat ${seat.seat} of slot ${seat.slot}, its target is being made` };
	if (isFarOff(machine))
		return {
			reason: `it gets no role before its clock is right: ${clockText(machine)}`,
			next: clockAdvice(document, machine),
		};
	if (holdsForgotten(fleet, machine))
		return {
			reason:
				"the memory of a member of etcd lies there, of which the log knows nothing, so that it gets no other role",
			next:
				unseatedAdvice(fleet, machine) ??
				`look at rollcall etcd; when that memory may go, rollcall reboot ${machineId}`,
		};
	const claim = nameClaims(fleet)(machine);
	if (claim?.holder) {
		const holder = claim.holder.lease === "lost" ? "which is lost" : "which lives";
		const reason = `its node name ${claim.nodeName} is that of another machine, ${holder}`;
		return { reason, next: nameAdvice(fleet, machine) ?? "" };
	}
	const untrusted = document.slots.find(
		(slot) =>
			(machine.pinnedRole === undefined ? !mismatch(slot.selector, machine) : slot.role === machine.pinnedRole) &&
			lackFor(slot, machine) !== undefined,
	);
	const lack = untrusted && lackFor(untrusted, machine);
	if (machine.pinnedRole !== undefined) {
		if (lack !== undefined) return notTrusted(machine, lack);
		return {
			reason: `no seat with the role ${machine.pinnedRole}, which it was given by hand, is free`,
			next: MORE_SEATS,
		};
	}
	const closest = document.slots.map((slot) => ({ slot, why: misfit(slot, machine) }));
	const matching = closest.filter(({ why }) => why === undefined).map(({ slot }) => slot.name);
	if (matching.length > 0) {
		return { reason: `every seat that it could take is taken (slots ${matching.join(", ")}); it is a spare` };
	}
	if (lack !== undefined) return notTrusted(machine, lack);
	const [first] = closest;
	return {
		reason: `no slot matches it${first ? `; ${first.slot.name}: ${first.why}` : ""}`,
		next: "change a slot's selector, or the machine's labels",
	};
}

/** What to do about a machine for which no target can be made. */
function afterImpossible(fleet: Fleet, machine: Machine, { kind }: Impossible): string {
	const { machineId } = machine;
	if (kind === "etcd-moved")
		return `give it that address again, or rollcall reboot ${machineId}, where etcd can spare it`;
	if (kind === "etcd-took-out") return `rollcall reboot ${machineId}`;
	if (kind === "etcd-leaves")
		return `rollcall etcd shows its members; when it is none any more, rollcall reboot ${machineId}`;
	if (waitsForEtcd(fleet, machine)) return "rollcall etcd risk says what becomes of etcd";
	return `change the document, or the machine; rollcall show ${machineId} has its facts`;
}

/** True where etcd does not begin on the machine as things are, whatever else may be wrong with it. */
function waitsForEtcd(fleet: Fleet, machine: Machine): boolean {
	const document = fleet.cluster?.document;
	return document !== undefined && machine.seat?.role === etcdRole(document) && !etcdBeginning(fleet, machine);
}

function notTrusted({ machineId, bootId }: Machine, lack: string): Waiting {
	return { reason: lack, next: `look at the machine, then rollcall approve ${machineId} --boot ${bootId}` };
}
