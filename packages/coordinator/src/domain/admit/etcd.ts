import type { Digest, RestoreChoice, Timestamp } from "@rollcall/protocol";
import { livingMembers } from "../etcd/members.ts";
import { memoryHolders } from "../etcd/memory-holders.ts";
import { prunable } from "../etcd/snapshots.ts";
import { NO_SNAPSHOTS } from "../etcd/state.ts";
import { bootOf, type EtcdStep, nextEtcdStep } from "../etcd/steps.ts";
import { strandedMachines, strandedSnapshot, strandedText } from "../etcd/stranded.ts";
import type { Fleet } from "../fleet.ts";
import type { InputOf, Verdict } from "../inputs.ts";
import { accept, NOTHING, refuse } from "./verdict.ts";

type FoundStep = Extract<EtcdStep, { kind: "found" }>;

/** A step for etcd's members was done. Counts only if it is still the next one: a machine may have booted anew meanwhile. */
export function etcdStepDone(fleet: Fleet, { step, cluster, isOut, others = [] }: InputOf<"etcd-step-done">): Verdict {
	const next = nextEtcdStep(fleet);
	if (!next || !same(next, step)) return NOTHING;
	if (next.kind === "found") {
		const list = [...(next.cluster ?? cluster)];
		const more = others.length > 0 ? { others: [...others] } : {};
		return accept([{ type: "etcd-founded", members: [...next.members], cluster: list, ...more }]);
	}
	if (next.kind === "restore") {
		const cause = Math.max(1, fleet.etcd?.seq ?? fleet.seq);
		return accept([{ type: "etcd-restoring", snapshot: next.snapshot, cause }]);
	}
	if (next.kind === "remove") {
		const { machineId, bootId, nodeName } = next.member;
		const cause = fleet.machines.get(machineId)?.changedSeq ?? fleet.seq;
		return accept([{ type: "etcd-member-removed", machineId, bootId, nodeName, cause }]);
	}
	const { machineId, bootId, seat, changedSeq: cause } = next.machine;
	if (!seat) return NOTHING;
	if (isOut) {
		const { nodeName } = seat;
		if (!next.mayBeOut) return NOTHING;
		return accept([{ type: "etcd-member-removed", machineId, bootId, nodeName, cause }]);
	}
	return accept([
		next.kind === "replace"
			? { type: "etcd-member-added", machineId, bootId, nodeName: seat.nodeName, cluster: [...cluster], cause }
			: { type: "etcd-member-promoted", machineId, bootId, cause },
	]);
}

/**
 * etcd is about to be asked to take members out. Recorded first, so that only a coordinator that still leads gets to ask, and
 * what it takes for dead does not count as living again. Counts only if nothing changed since it was decided.
 */
export function etcdRemoving(fleet: Fleet, { step, ids }: InputOf<"etcd-removing">): Verdict {
	const next = nextEtcdStep(fleet);
	if (!next || !same(next, step) || !sameLiving(next, step)) return NOTHING;
	const boot = bootOf(next);
	if (!boot || next.kind === "promote" || (next.kind === "remove" && next.ifUnlisted)) return NOTHING;
	const { machineId, bootId } = boot;
	const cause = fleet.machines.get(machineId)?.changedSeq ?? fleet.seq;
	return accept([{ type: "etcd-members-removing", machineId, bootId, ids: [...ids], cause }]);
}

function sameLiving(a: EtcdStep, b: EtcdStep): boolean {
	const boots = (step: EtcdStep) =>
		step.kind === "found" || step.kind === "restore" ? [] : step.living.map(({ bootId }) => bootId).sort();
	return boots(a).join() === boots(b).join();
}

function sameMembers(a: FoundStep, b: FoundStep): boolean {
	const boots = ({ members }: FoundStep) => members.map(({ bootId }) => bootId).sort();
	return boots(a).join() === boots(b).join();
}

function same(a: EtcdStep, b: EtcdStep): boolean {
	if (a.kind !== b.kind) return false;
	if (a.kind === "restore" && b.kind === "restore") return a.snapshot.sha256 === b.snapshot.sha256;
	if (a.kind === "found" && b.kind === "found") return a.ifListed === b.ifListed && (!a.ifListed || sameMembers(a, b));
	if (a.kind === "remove" && b.kind === "remove" && a.ifUnlisted !== b.ifUnlisted) return false;
	const [one, other] = [bootOf(a), bootOf(b)];
	return one?.machineId === other?.machineId && one?.bootId === other?.bootId;
}

/** A snapshot was taken. It counts only while a member of etcd lives, or proved that it does: after that, what is restored is decided already. */
export function etcdSnapshot(fleet: Fleet, { snapshot }: InputOf<"etcd-snapshot">): Verdict {
	const isGiven = livingMembers(fleet).length > 0 || strandedMachines(fleet).length > 0;
	if (!isGiven || snapshot.cluster !== fleet.cluster?.document.name) {
		return refuse({ code: "conflict", message: "etcd does not live any more; the snapshot comes too late" });
	}
	return accept([{ type: "etcd-snapshot-taken", snapshot }]);
}

/** Files of snapshots lie in the folder that the log does not know. They are kept, and count as found. */
export function etcdSnapshotsThere(fleet: Fleet, { snapshots }: InputOf<"etcd-snapshots-there">): Verdict {
	const known = new Set((fleet.snapshots ?? NO_SNAPSHOTS).kept.map(({ sha256 }) => sha256));
	const found = snapshots.filter(({ sha256 }) => !known.has(sha256));
	return found.length === 0 ? NOTHING : accept([{ type: "etcd-snapshots-found", snapshots: found }]);
}

/** A snapshot could not be taken. Recorded once per cause. */
export function etcdSnapshotFailed(fleet: Fleet, { reason }: InputOf<"etcd-snapshot-failed">): Verdict {
	return fleet.snapshots?.trouble === reason ? NOTHING : accept([{ type: "etcd-snapshot-failed", reason }]);
}

/** An operator may have any removed but the one that is needed; the coordinator by itself what is too much, as of now. */
export function etcdPrune(fleet: Fleet, { snapshots, by }: InputOf<"etcd-prune">): Verdict {
	if (by === undefined) {
		const due = prunable(fleet);
		const gone = snapshots.filter((one) => due.includes(one));
		return gone.length === 0 ? NOTHING : accept([{ type: "etcd-snapshots-pruned", snapshots: gone }]);
	}
	const { kept, choice } = fleet.snapshots ?? NO_SNAPSHOTS;
	const unknown = snapshots.find((sha256) => !kept.some((one) => one.sha256 === sha256));
	if (unknown !== undefined) return noSnapshot(unknown);
	const chosen = typeof choice === "object" ? choice.sha256 : undefined;
	const restoring = fleet.snapshots?.restoring?.snapshot.sha256;
	const needed = snapshots.find((sha256) => sha256 === chosen || sha256 === restoring);
	if (needed !== undefined) {
		return refuse({
			code: "conflict",
			message: `etcd is to begin with the snapshot ${needed}`,
			next: "choose another beginning first: rollcall etcd restore newest",
		});
	}
	const slow = livingMembers(fleet).find(({ fetch }) => fetch && snapshots.includes(fetch.sha256));
	if (slow) {
		return refuse({
			code: "conflict",
			message: `machine ${slow.machineId} is restoring the snapshot ${slow.restored}`,
			machineId: slow.machineId,
			next: `wait until ${slow.nodeName} has applied its target, or boot it anew`,
		});
	}
	return accept([{ type: "etcd-snapshots-pruned", snapshots: [...snapshots], by }]);
}

/** What an operator wants etcd to begin with. Only snapshots of this cluster, and only when nobody may still prove that etcd lives. */
export function etcdChoose(fleet: Fleet, { from, by }: InputOf<"etcd-choose">, at: Timestamp): Verdict {
	const cluster = fleet.cluster?.document.name;
	if (cluster === undefined) {
		return refuse({ code: "not-found", message: "no cluster is declared", next: "rollcall apply -f FILE" });
	}
	if (at < fleet.recoverUntil) {
		return refuse({
			code: "not-ready",
			message: "the coordinator lost its log, and machines may still prove that etcd lives",
			next: "ask again in some seconds",
		});
	}
	const { kept, choice: before, restoring } = fleet.snapshots ?? NO_SNAPSHOTS;
	const own = kept.filter((one) => one.cluster === cluster);
	let choice: RestoreChoice;
	if (from === "none") choice = { kind: "none" };
	else {
		// Where only an operator can tell, the newest is this one, and not whichever comes next.
		const found = from === "newest" ? own.at(-1) : own.find(({ sha256 }) => sha256 === from);
		if (!found) return from === "newest" ? refuse(NONE_OF(cluster)) : noSnapshot(from, cluster);
		const { detached: _detached, ...snapshot } = found;
		// What was kept of the only memory after a lost log is detached, and newer than those that are not.
		const isOnly = !fleet.etcd && found.detached && found === strandedSnapshot(fleet);
		choice =
			from === "newest" && !isOnly && own.some(({ detached }) => !detached)
				? { kind: "newest" }
				: { kind: "snapshot", snapshot };
	}
	if (!fleet.etcd && !restoring && choice.kind === "snapshot") {
		const [holder] = memoryHolders(fleet);
		if (holder) {
			return refuse({
				code: "conflict",
				message: `machine ${holder.machineId} proved that it runs; etcd's state may live in its memory`,
				machineId: holder.machineId,
				next: strandedText(fleet) ?? `wait until etcd runs on most of its machines, or boot ${holder.machineId} anew`,
			});
		}
	}
	const now = before === "none" ? "none" : (before?.sha256 ?? "newest");
	const then = choice.kind === "snapshot" ? choice.snapshot.sha256 : choice.kind;
	// Where another one is being restored, the newest was kept of what machines held that began with that.
	const newest = own.findLast(({ detached }) => !detached);
	const isBegun = choice.kind !== "newest" || !restoring || restoring.snapshot.sha256 === newest?.sha256;
	if (now === then && isBegun) return NOTHING;
	return accept([{ type: "etcd-restore-chosen", choice, by }]);
}

const NONE_OF = (cluster: string) =>
	({ code: "not-found", message: `there is no snapshot of cluster ${cluster}`, next: "rollcall etcd" }) as const;

function noSnapshot(sha256: Digest, cluster?: string): Verdict {
	const of = cluster === undefined ? "" : ` of cluster ${cluster}`;
	return refuse({
		code: "not-found",
		message: `there is no snapshot ${sha256}${of}`,
		next: "rollcall etcd lists them",
	});
}
