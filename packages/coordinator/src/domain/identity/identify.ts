import type { Facts, MachineId, UserPublicKey } from "@rollcall/protocol";
import { canonicalJson, sha256Of } from "@rollcall/protocol";
import type { Fleet, Machine } from "../fleet.ts";
import { type Evidence, evidenceOf } from "./evidence.ts";

/** Who a machine is, or that nothing tells it. `conflict`: another machine reports the same. */
export type Identified =
	| {
			readonly ok: true;
			readonly machineId: MachineId;
			readonly identity: "smbios-uuid" | "nic-and-serial";
			readonly conflict?: { readonly other: MachineId; readonly uuid: string; readonly reason: string };
	  }
	| { readonly ok: false; readonly reason: string };

/**
 * Finds out which machine speaks. In this order: the boot and key that are known; a known machine with one of the MACs; the
 * UUID, when nobody else reports it; the UUID and serial of a machine that is lost (its NICs were changed); a hash of
 * MACs and serial. Two machines never become one because of the order in which they come.
 */
export function identify(fleet: Fleet, facts: Facts, publicKey: UserPublicKey): Identified {
	const evidence = evidenceOf(facts);
	const { uuid, serial, macs } = evidence;
	const same = byBoot(fleet, facts, publicKey) ?? byMac(fleet, evidence);
	if (same) return known(same);
	const claimants = uuid ? claimantsOf(fleet, `uuid:${uuid}`) : [];
	if (uuid && claimants.length === 0 && !fleet.machines.has(uuid as MachineId)) {
		return { ok: true, machineId: uuid as MachineId, identity: "smbios-uuid", ...macConflict(fleet, evidence) };
	}
	const changed = claimants.find((machine) => isSameWithOtherNics(machine, evidence));
	if (changed) return known(changed);
	const other = claimants[0];
	if (macs.length === 0 && serial === undefined) {
		const what = uuid
			? `the SMBIOS UUID ${uuid} is also that of ${other?.machineId ?? uuid}`
			: "there is no usable SMBIOS UUID";
		return {
			ok: false,
			reason: `${what}, and neither a permanent MAC nor a serial number tells this machine from others`,
		};
	}
	const reason = `both report the SMBIOS UUID ${uuid}`;
	return {
		ok: true,
		machineId: hashedId(fleet, evidence),
		identity: "nic-and-serial",
		...(uuid && other ? { conflict: { other: other.machineId, uuid, reason } } : macConflict(fleet, evidence)),
	};
}

function known(machine: Machine): Identified {
	const identity = machine.identity === "smbios-uuid" ? "smbios-uuid" : "nic-and-serial";
	return { ok: true, machineId: machine.machineId, identity };
}

function claimantsOf(fleet: Fleet, key: string): Machine[] {
	return (fleet.claims.get(key) ?? []).flatMap((machineId) => fleet.machines.get(machineId) ?? []);
}

function byBoot(fleet: Fleet, facts: Facts, publicKey: UserPublicKey): Machine | undefined {
	return claimantsOf(fleet, `boot:${facts.bootId}`).find(
		(machine) => machine.bootId === facts.bootId && machine.publicKey === publicKey,
	);
}

/** The known machine that shares most with the evidence, of those that share a MAC and contradict nothing. */
function byMac(fleet: Fleet, evidence: Evidence): Machine | undefined {
	const sharers = new Map<MachineId, { machine: Machine; score: number }>();
	for (const mac of evidence.macs) {
		for (const machine of claimantsOf(fleet, `mac:${mac}`)) {
			const theirs = evidenceOf(machine.facts);
			if (contradicts(theirs, evidence)) continue;
			const score =
				(theirs.uuid && theirs.uuid === evidence.uuid ? 100 : 0) + (sharers.get(machine.machineId)?.score ?? 0) + 1;
			sharers.set(machine.machineId, { machine, score });
		}
	}
	const ranked = [...sharers.values()].sort(
		(a, b) => b.score - a.score || (a.machine.machineId < b.machine.machineId ? -1 : 1),
	);
	return ranked[0]?.machine;
}

/** Another plausible UUID, or, where the UUIDs do not agree, another plausible serial: another box with the same NIC. */
function contradicts(a: Evidence, b: Evidence): boolean {
	if (a.uuid && b.uuid) return a.uuid !== b.uuid;
	return a.serial !== undefined && b.serial !== undefined && a.serial !== b.serial;
}

/** Same UUID, and either the same serial in a machine that is gone, or nothing else at all to tell them apart. */
function isSameWithOtherNics(machine: Machine, evidence: Evidence): boolean {
	const theirs = evidenceOf(machine.facts);
	if (theirs.serial !== evidence.serial) return false;
	if (evidence.serial === undefined) return theirs.macs.length === 0 && evidence.macs.length === 0;
	return machine.lease === "lost" || theirs.macs.length === 0 || evidence.macs.length === 0;
}

function macConflict(fleet: Fleet, evidence: Evidence) {
	for (const mac of evidence.macs) {
		const other = claimantsOf(fleet, `mac:${mac}`)[0];
		if (other) {
			const reason = `both report the MAC ${mac}, but they are not the same box`;
			return { conflict: { other: other.machineId, uuid: evidence.uuid ?? "", reason } };
		}
	}
	return {};
}

/** A machine may be known under the hash already with another UUID; then the UUID goes into the hash as well. */
function hashedId(fleet: Fleet, { uuid, serial, macs }: Evidence): MachineId {
	const id = hashOf({ macs, serial });
	return fleet.machines.has(id) ? hashOf({ macs, serial, uuid }) : id;
}

function hashOf(parts: object): MachineId {
	return `m-${sha256Of(canonicalJson(parts)).slice("sha256:".length, "sha256:".length + 24)}` as MachineId;
}
