import type { Facts, Mac, MachineId, UserPublicKey } from "@rollcall/protocol";
import { canonicalJson, sha256Of } from "@rollcall/protocol";
import type { Fleet, Machine } from "../fleet.ts";
import { type Evidence, evidenceOf } from "./evidence.ts";

/** Another machine that reports the same. `contested`: what tells machines apart best is the same, so that only a person can say which is which. */
export interface IdentityConflict {
	readonly other: MachineId;
	readonly uuid: string;
	readonly reason: string;
	readonly contested: boolean;
}

/** Who a machine is, or that nothing tells it. `contradiction`: it is to be a known machine, and something does not fit. */
export type Identified =
	| {
			readonly ok: true;
			readonly machineId: MachineId;
			readonly identity: "smbios-uuid" | "nic-and-serial";
			readonly conflict?: IdentityConflict;
			readonly contradiction?: string | undefined;
	  }
	| { readonly ok: false; readonly reason: string };

/**
 * Finds out which machine speaks. In this order: the boot and key that are known; a known machine with one of the MACs; the
 * UUID, when nobody else reports it; the UUID and serial of a known machine (its NICs were changed); a hash of MACs and
 * serial. Two machines never become one because of the order in which they come. A known UUID, serial or MAC that is absent
 * or other is told as a contradiction. `tpm`: the endorsement key that the boot proved to have, null for none; undefined where that was not asked.
 */
export function identify(
	fleet: Fleet,
	{ facts, publicKey }: { readonly facts: Facts; readonly publicKey: UserPublicKey },
	tpm?: string | null,
): Identified {
	const found = identifyByFacts(fleet, facts, publicKey);
	const before = found.ok ? fleet.machines.get(found.machineId)?.evidence.tpm : undefined;
	if (!found.ok || found.contradiction !== undefined || before === undefined || tpm === undefined || tpm === before)
		return found;
	const contradiction =
		tpm === null
			? "its TPM proved nothing, and the machine has one"
			: `its TPM is ${tpm.slice(0, SHORT)}, not the machine's ${before.slice(0, SHORT)}`;
	return { ...found, contradiction };
}

/** So many digits of a TPM's endorsement key tell it from others. */
const SHORT = 16;

function identifyByFacts(fleet: Fleet, facts: Facts, publicKey: UserPublicKey): Identified {
	const evidence = evidenceOf(facts);
	const { uuid, serial, macs } = evidence;
	const same = byBoot(fleet, facts, publicKey) ?? byMac(fleet, evidence);
	if (same) return known(same, evidence);
	const claimants = uuid ? claimantsOf(fleet, `uuid:${uuid}`) : [];
	if (uuid && claimants.length === 0 && !fleet.machines.has(uuid as MachineId)) {
		return { ok: true, machineId: uuid as MachineId, identity: "smbios-uuid", ...macConflict(fleet, evidence) };
	}
	const changed = claimants.find((machine) => isSameWithOtherNics(machine, evidence));
	if (changed) return known(changed, evidence);
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
	const doubled = uuid && other ? { conflict: { other: other.machineId, uuid, reason, contested: false } } : {};
	return {
		ok: true,
		machineId: hashedId(fleet, evidence),
		identity: "nic-and-serial",
		...doubled,
		...macConflict(fleet, evidence),
	};
}

function known(machine: Machine, evidence: Evidence): Identified {
	const identity = machine.identity === "smbios-uuid" ? "smbios-uuid" : "nic-and-serial";
	return { ok: true, machineId: machine.machineId, identity, contradiction: contradiction(machine.evidence, evidence) };
}

/** What of the evidence that is known of a machine is absent or other now, in words. The machine's UUID is its id, for which sentences show its node's name. */
function contradiction(before: Evidence, now: Evidence): string | undefined {
	for (const [name, was, is] of [
		["SMBIOS UUID", before.uuid, now.uuid],
		["serial number", before.serial, now.serial],
	] as const) {
		if (was !== undefined && was !== is)
			return is === undefined
				? `it names no ${name}, and the machine has one`
				: `its ${name} is ${is}, not the machine's`;
	}
	const absent = before.macs.filter((mac) => !now.macs.includes(mac));
	return absent.length > 0 ? `it has no NIC ${absent.join(", ")}, as the machine had` : undefined;
}

/** Says so where the MAC that a token was made for is no NIC of the machine that the facts lead to. */
export function tokenContradiction(machine: Machine, mac: Mac | undefined): string | undefined {
	return mac === undefined || machine.evidence.macs.includes(mac)
		? undefined
		: `its token was made for the MAC ${mac}, which the machine does not have`;
}

function claimantsOf(fleet: Fleet, key: string): Machine[] {
	return (fleet.claims.get(key) ?? []).flatMap((machineId) => fleet.machines.get(machineId) ?? []);
}

function byBoot(fleet: Fleet, facts: Facts, publicKey: UserPublicKey): Machine | undefined {
	return claimantsOf(fleet, `boot:${facts.bootId}`).find(
		(machine) => machine.bootId === facts.bootId && machine.publicKey === publicKey,
	);
}

/** The known machine that shares most with the evidence, of those that share a MAC and are not another box. */
function byMac(fleet: Fleet, evidence: Evidence): Machine | undefined {
	const sharers = new Map<MachineId, { machine: Machine; score: number }>();
	for (const mac of evidence.macs) {
		for (const machine of claimantsOf(fleet, `mac:${mac}`)) {
			const theirs = machine.evidence;
			if (isOtherBox(theirs, evidence)) continue;
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
function isOtherBox(a: Evidence, b: Evidence): boolean {
	if (a.uuid && b.uuid) return a.uuid !== b.uuid;
	return a.serial !== undefined && b.serial !== undefined && a.serial !== b.serial;
}

/** Same UUID, and either the same serial in a machine that is gone, or nothing else at all to tell them apart. */
function isSameWithOtherNics({ evidence: theirs, lease }: Machine, evidence: Evidence): boolean {
	if (theirs.serial !== evidence.serial) return false;
	if (evidence.serial === undefined) return theirs.macs.length === 0 && evidence.macs.length === 0;
	return lease === "lost" || theirs.macs.length === 0 || evidence.macs.length === 0;
}

function macConflict(fleet: Fleet, evidence: Evidence) {
	for (const mac of evidence.macs) {
		const other = claimantsOf(fleet, `mac:${mac}`)[0];
		if (other) {
			const reason = `both report the MAC ${mac}, but they are not the same box`;
			return { conflict: { other: other.machineId, uuid: evidence.uuid ?? "", reason, contested: true } };
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
