import { bootOf, type EtcdStep, nextEtcdStep } from "../etcd/steps.ts";
import type { Fleet } from "../fleet.ts";
import type { InputOf, Verdict } from "../inputs.ts";
import { accept, NOTHING } from "./verdict.ts";

type FoundStep = Extract<EtcdStep, { kind: "found" }>;

/** A step for etcd's members was done. Counts only if it is still the next one: a machine may have booted anew meanwhile. */
export function etcdStepDone(fleet: Fleet, { step, cluster }: InputOf<"etcd-step-done">): Verdict {
	const next = nextEtcdStep(fleet);
	if (!next || !same(next, step)) return NOTHING;
	if (next.kind === "found") {
		return accept([{ type: "etcd-founded", members: [...next.members], cluster: [...(next.cluster ?? cluster)] }]);
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
	if (!boot || next.kind === "promote") return NOTHING;
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
	const [one, other] = [bootOf(a), bootOf(b)];
	return one?.machineId === other?.machineId && one?.bootId === other?.bootId;
}
