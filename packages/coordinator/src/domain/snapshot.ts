import type { Digest, MachineId } from "@rollcall/protocol";
import { canonicalJson, sha256Of } from "@rollcall/protocol";
import { Map as PersistentMap } from "immutable";
import { claimKeys } from "./apply/claims.ts";
import { byMachineId } from "./drafts.ts";
import { EMPTY_FLEET, type Fleet, type Machine, type Removed, seatKey, type Token } from "./fleet.ts";

/** Goes up when the form of a fleet changes; a snapshot of another version is not read, the log is. */
const SNAPSHOT_VERSION = 2;

/** A fleet as plain JSON. The indices are left out, since they follow from the rest. */
export interface FleetJson {
	readonly version: number;
	readonly seq: number;
	readonly at: number;
	readonly recoverUntil: number;
	readonly tokenSweepAt: number;
	readonly leader?: Fleet["leader"];
	readonly cluster?: Fleet["cluster"];
	readonly kubernetes?: Fleet["kubernetes"];
	readonly trust?: Fleet["trust"];
	readonly etcd?: Fleet["etcd"];
	readonly snapshots?: Fleet["snapshots"];
	readonly operatorCertificates: Fleet["operatorCertificates"];
	/** Sorted by id, as all lists here. */
	readonly machines: readonly Machine[];
	readonly removed: readonly (Removed & { readonly machineId: MachineId })[];
	readonly tokens: readonly Token[];
}

export function fleetToJson(fleet: Fleet): FleetJson {
	const removed = [...fleet.removed.entries()].map(([machineId, entry]) => ({ machineId, ...entry }));
	return {
		version: SNAPSHOT_VERSION,
		seq: fleet.seq,
		at: fleet.at,
		recoverUntil: fleet.recoverUntil,
		tokenSweepAt: fleet.tokenSweepAt,
		...(fleet.leader ? { leader: fleet.leader } : {}),
		...(fleet.cluster ? { cluster: fleet.cluster } : {}),
		...(fleet.kubernetes ? { kubernetes: fleet.kubernetes } : {}),
		...(fleet.trust ? { trust: fleet.trust } : {}),
		...(fleet.etcd ? { etcd: fleet.etcd } : {}),
		...(fleet.snapshots ? { snapshots: fleet.snapshots } : {}),
		operatorCertificates: fleet.operatorCertificates,
		machines: [...fleet.machines.values()].sort(byMachineId),
		removed: removed.sort(byMachineId),
		tokens: [...fleet.tokens.values()].sort((a, b) => (a.tokenId < b.tokenId ? -1 : 1)),
	};
}

/** Reads what `fleetToJson` made and the coordinator kept. Undefined when it is not of this version; then the log is read. */
export function fleetFromJson(json: unknown): Fleet | undefined {
	if (!isFleetJson(json)) return undefined;
	const claims = new Map<string, MachineId[]>();
	for (const { machineId, facts } of json.machines) {
		for (const key of claimKeys(facts)) claims.set(key, [...(claims.get(key) ?? []), machineId].sort());
	}
	const seated = json.machines.flatMap(({ machineId, seat }) => (seat ? [{ machineId, seat }] : []));
	return {
		...EMPTY_FLEET,
		seq: json.seq,
		at: json.at,
		recoverUntil: json.recoverUntil,
		tokenSweepAt: json.tokenSweepAt,
		...(json.leader ? { leader: json.leader } : {}),
		...(json.cluster ? { cluster: json.cluster } : {}),
		...(json.kubernetes ? { kubernetes: json.kubernetes } : {}),
		...(json.trust ? { trust: json.trust } : {}),
		...(json.etcd ? { etcd: json.etcd } : {}),
		...(json.snapshots ? { snapshots: json.snapshots } : {}),
		operatorCertificates: json.operatorCertificates,
		machines: PersistentMap(json.machines.map((machine) => [machine.machineId, machine])),
		removed: PersistentMap(json.removed.map(({ machineId, ...entry }) => [machineId, entry])),
		tokens: PersistentMap(json.tokens.map((token) => [token.tokenId, token])),
		tokenByHash: PersistentMap(json.tokens.map(({ hash, tokenId }) => [hash, tokenId])),
		seats: PersistentMap(seated.map(({ machineId, seat }) => [seatKey(seat.slot, seat.seat), machineId])),
		nodeNames: PersistentMap(seated.map(({ machineId, seat }) => [seat.nodeName, machineId])),
		claims: PersistentMap(claims),
	};
}

/** The shape only: the file is the coordinator's own, and its digest is checked where it is read. */
function isFleetJson(json: unknown): json is FleetJson {
	if (typeof json !== "object" || json === null) return false;
	const { version, seq, at, machines, removed, tokens, operatorCertificates } = json as Partial<FleetJson>;
	return (
		version === SNAPSHOT_VERSION &&
		Number.isSafeInteger(seq) &&
		Number.isSafeInteger(at) &&
		Array.isArray(machines) &&
		Array.isArray(operatorCertificates) &&
		Array.isArray(removed) &&
		Array.isArray(tokens)
	);
}

/** What remembers the digests of machines that did not change. Whoever asks often keeps one. */
export type DigestMemory = WeakMap<object, Digest>;

/**
 * A digest of the whole state, equal for equal states, however they came about: SHA-256 over the canonical JSON, in which
 * each machine stands as the SHA-256 of its own.
 */
export function stateDigest(fleet: Fleet, memory: DigestMemory = new WeakMap()): Digest {
	const digest = (part: object): Digest => {
		const known = memory.get(part);
		if (known !== undefined) return known;
		const made = sha256Of(canonicalJson(part));
		memory.set(part, made);
		return made;
	};
	const json = fleetToJson(fleet);
	return sha256Of(
		canonicalJson({
			...json,
			cluster: json.cluster && digest(json.cluster),
			machines: json.machines.map(digest),
			tokens: json.tokens.map(digest),
		}),
	);
}
