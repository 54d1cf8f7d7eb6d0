import { type EtcdStep, nextEtcdStep } from "../etcd.ts";
import type { Fleet, Machine } from "../fleet.ts";
import type { InputOf, Verdict } from "../inputs.ts";
import { accept, NOTHING } from "./verdict.ts";

/** A step for etcd's members was done. Counts only if it is still the next one: a machine may have booted anew meanwhile. */
export function etcdStepDone(fleet: Fleet, { step, cluster }: InputOf<"etcd-step-done">): Verdict {
	const next = nextEtcdStep(fleet);
	if (!next || !same(next, step)) return NOTHING;
	if (next.kind === "found") {
		const members = next.machines.flatMap(({ machineId, bootId, seat }) =>
			seat ? [{ machineId, bootId, nodeName: seat.nodeName }] : [],
		);
		return accept([{ type: "etcd-founded", members, cluster: [...cluster] }]);
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

function same(a: EtcdStep, b: EtcdStep): boolean {
	if (a.kind !== b.kind) return false;
	const [one, other] = [bootOf(a), bootOf(b)];
	return one?.machineId === other?.machineId && one?.bootId === other?.bootId;
}

function bootOf(step: EtcdStep): Pick<Machine, "machineId" | "bootId"> | undefined {
	if (step.kind === "found") return undefined;
	return step.kind === "remove" ? step.member : step.machine;
}
