import { type ClusterDocument, canonicalJson, type Digest, sha256Of, type Trust } from "@rollcall/protocol";
import { type EtcdBeginnings, etcdBeginnings } from "../domain/etcd/beginning.ts";
import { fetchedNow } from "../domain/etcd/snapshots.ts";
import { etcdWait } from "../domain/etcd/wait.ts";
import type { Fleet } from "../domain/fleet.ts";
import { type Member, membersOf } from "../domain/networks/members.ts";

/**
 * All that targets take from the fleet, beside the machine and the seat that each is for. Renderers get nothing else of the
 * fleet, and targets are remembered by it: whoever adds a field here makes both read it.
 */
export interface Shared {
	readonly document: ClusterDocument | undefined;
	/** Whom machines believe, and who signs for them. */
	readonly trust: Trust | undefined;
	/** Holders of the control-plane seats. */
	readonly controlPlanes: readonly Member[];
	/** Holders of the seats with the role `etcd`. */
	readonly ownEtcd: readonly Member[];
	readonly etcd: EtcdBeginnings;
	/** Why a machine that etcd does not begin on yet has to wait. */
	readonly etcdWait: string | undefined;
	/** Where the coordinator that leads is reached, while machines fetch a snapshot of etcd from it. */
	readonly snapshotSource: string | undefined;
}

const NO_ETCD: EtcdBeginnings = {
	living: [],
	others: undefined,
	founding: undefined,
	goOn: [],
	goOnWith: { state: "new" },
	takenOut: [],
};

/** As much of it as targets of a role take. */
export type Part = "whole" | "without-etcd";

/** Roles that read what becomes of etcd: its machines, and the API servers that ask it. */
const READ_ETCD: ReadonlySet<string> = new Set(["control-plane", "etcd"]);

/** A worker's target, or one of the operator's roles, is the same whatever becomes of etcd. */
export function partOf(role: string): Part {
	return READ_ETCD.has(role) ? "whole" : "without-etcd";
}

/** What targets take from this fleet. */
export function sharedOf(fleet: Fleet, part: Part): Shared {
	if (part === "without-etcd")
		return {
			document: fleet.cluster?.document,
			trust: fleet.trust?.trust,
			controlPlanes: membersOf(fleet, "control-plane"),
			ownEtcd: [],
			etcd: NO_ETCD,
			etcdWait: undefined,
			snapshotSource: undefined,
		};
	const etcd = etcdBeginnings(fleet);
	return {
		document: fleet.cluster?.document,
		trust: fleet.trust?.trust,
		controlPlanes: membersOf(fleet, "control-plane"),
		ownEtcd: membersOf(fleet, "etcd"),
		etcd,
		etcdWait: etcd.others && !etcd.founding ? undefined : etcdWait(fleet),
		snapshotSource: fetchedNow(fleet).length > 0 ? fleet.leader?.url : undefined,
	};
}

/**
 * Gives a text that is equal for equal values, and remembers digests of the large parts. The trust goes by its content: what
 * was rendered for a change that never reached the log must not be taken for another coordinator's change, which has the
 * same number.
 */
export function sharedKeys(): (shared: Shared) => string {
	const digests = new WeakMap<object, Digest>();
	const digestOf = (part: object): Digest => {
		const digest = digests.get(part) ?? sha256Of(canonicalJson(part));
		digests.set(part, digest);
		return digest;
	};
	// The rest is small, and made by the same code in the same order each time: it is not worth a digest of its own.
	return ({ document, trust, ...rest }) =>
		JSON.stringify({ ...rest, document: document && digestOf(document), trust: trust && digestOf(trust) });
}
