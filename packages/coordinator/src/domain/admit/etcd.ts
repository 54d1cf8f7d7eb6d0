import { type EtcdStep, nextEtcdStep } from "../etcd.ts";
import type { Fleet } from "../fleet.ts";
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
	const { machineId, bootId, seat, changedSeq: cause } = next.machine;
	if (!seat) return NOTHING;
	return accept([
		next.kind === "replace"
			? { type: "etcd-member-added", machineId, bootId, nodeName: seat.nodeName, cluster: [...cluster], cause }
			: { type: "etcd-member-promoted", machineId, bootId, cause },
	]);
}

function same(a: EtcdStep, b: EtcdStep): boolean {
	if (a.kind === "found") return b.kind === "found";
	return b.kind === a.kind && b.machine.machineId === a.machine.machineId && b.machine.bootId === a.machine.bootId;
}
