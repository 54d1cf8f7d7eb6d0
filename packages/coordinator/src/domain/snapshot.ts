import type { Digest, MachineId } from "@rollcall/protocol";
import { canonicalJson, sha256Of } from "@rollcall/protocol";
import { Map as PersistentMap } from "immutable";
import { claimKeys } from "./apply/claims.ts";
import { byMachineId } from "./drafts.ts";
import { type Fleet, seatKey } from "./fleet.ts";
import { fleetForm } from "./fleet-form.ts";
import type { FleetJson } from "./fleet-json.ts";
import { MOST_OF_A_STATE } from "./log/log-edge.ts";

/** The state as a snapshot of it is written: sorted, and without what follows from the rest. */
export function fleetToJson(fleet: Fleet): FleetJson {
	const { tokenByHash: _hashes, seats: _seats, nodeNames: _names, claims: _claims, ...kept } = fleet;
	const removed = [...fleet.removed.entries()].map(([machineId, entry]) => ({ machineId, ...entry }));
	return {
		...kept,
		form: fleetForm(),
		machines: [...fleet.machines.values()].sort(byMachineId),
		removed: removed.sort(byMachineId),
		tokens: [...fleet.tokens.values()].sort((a, b) => (a.tokenId < b.tokenId ? -1 : 1)),
	};
}

/** Reads what `fleetToJson` made and the coordinator kept. Undefined when it is of another form; then the log is read. */
export function fleetFromJson(json: unknown): Fleet | undefined {
	if (!isFleetJson(json)) return undefined;
	const claims = new Map<string, MachineId[]>();
	for (const machine of json.machines) {
		const { machineId } = machine;
		for (const key of claimKeys(machine)) claims.set(key, [...(claims.get(key) ?? []), machineId].sort());
	}
	const seated = json.machines.flatMap(({ machineId, seat }) => (seat ? [{ machineId, seat }] : []));
	const { form: _form, ...kept } = json;
	return {
		...kept,
		machines: PersistentMap(json.machines.map((machine) => [machine.machineId, machine])),
		removed: PersistentMap(json.removed.map(({ machineId, ...entry }) => [machineId, entry])),
		tokens: PersistentMap(json.tokens.map((token) => [token.tokenId, token])),
		tokenByHash: PersistentMap(json.tokens.map(({ hash, tokenId }) => [hash, tokenId])),
		seats: PersistentMap(seated.map(({ machineId, seat }) => [seatKey(seat.slot, seat.seat), machineId])),
		nodeNames: PersistentMap([
			...seated.map(({ machineId, seat }): [string, MachineId] => [seat.nodeName, machineId]),
			...json.machines.flatMap(({ machineId, leaving }): [string, MachineId][] =>
				leaving?.keepsName ? [[leaving.nodeName, machineId]] : [],
			),
		]),
		claims: PersistentMap(claims),
	};
}

/** The shape only: the file is the coordinator's own, and its digest is checked where it is read. */
function isFleetJson(json: unknown): json is FleetJson {
	if (typeof json !== "object" || json === null) return false;
	const { form, seq, at, machines, removed, tokens, operatorCertificates } = json as Partial<FleetJson>;
	return (
		form === fleetForm() &&
		isUpTo(seq, MOST_OF_A_STATE.seq) &&
		isUpTo(at, MOST_OF_A_STATE.at) &&
		Array.isArray(machines) &&
		Array.isArray(operatorCertificates) &&
		Array.isArray(removed) &&
		Array.isArray(tokens)
	);
}

/** A whole number behind which the log can go on. */
function isUpTo(value: number | undefined, most: number): boolean {
	return Number.isSafeInteger(value) && Number(value) <= most;
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
