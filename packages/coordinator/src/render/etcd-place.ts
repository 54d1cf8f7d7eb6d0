import { ANOTHER_ETCD } from "../domain/etcd/another.ts";
import { beginningOn, type EtcdBeginning } from "../domain/etcd/beginning.ts";
import { movedText } from "../domain/etcd/moved.ts";
import { isBoot, LEAVES, TAKEN_OUT } from "../domain/etcd/taken-out.ts";
import type { Rendered, TargetMachine } from "../domain/observed.ts";
import type { Shared } from "./shared.ts";

/** A machine with a seat for etcd: the name of its node, and the address at which etcd is to be reached there. */
export interface EtcdNode {
	readonly machine: TargetMachine;
	readonly nodeName: string;
	readonly address: string;
}

/** What etcd begins with on a machine that has a seat for it, or goes on with; or why the machine gets no target. */
export function etcdPlace(
	{ etcd, etcdWait }: Pick<Shared, "etcd" | "etcdWait">,
	{ machine, nodeName, address }: EtcdNode,
): EtcdBeginning | Extract<Rendered, { ok: false }> {
	const takenOut = etcd.takenOut.find(isBoot(machine));
	if (takenOut?.votes) return { ok: false, reason: LEAVES, kind: "etcd-leaves" };
	if (takenOut) return { ok: false, reason: TAKEN_OUT, kind: "etcd-took-out" };
	if (etcd.another?.some(isBoot(machine))) return { ok: false, reason: ANOTHER_ETCD, kind: "etcd-waits" };
	const beginning = beginningOn(machine, etcd);
	if (!beginning) return { ok: false, reason: etcdWait ?? "etcd does not begin on it yet", kind: "etcd-waits" };
	const isBound = etcd.founding !== undefined || etcd.living.some(isBoot(machine));
	const before = isBound ? beginning.cluster?.find((one) => one.nodeName === nodeName)?.address : undefined;
	if (before !== undefined && before !== address)
		return { ok: false, reason: movedText(before, address), kind: "etcd-moved" };
	return beginning;
}
