import type { EtcdSnapshot, MachineId } from "@rollcall/protocol";
import { etcdBeginning } from "../../src/domain/etcd/beginning.ts";
import { etcdWait } from "../../src/domain/etcd/wait.ts";
import { summaryOf } from "../../src/domain/observed.ts";
import { BOXES, CONTROL, founded, remember, snapshotOf } from "./etcd-story.ts";
import type { Hardware } from "./hardware.ts";
import { documentOf, renderForTests, START, Story } from "./story.ts";

const SPARES: readonly Hardware[] = ["d", "e", "f"].map((name) => ({ name, memoryGiB: 8 }));

/** Three members of etcd whose log is lost, and the proofs that they hold; `holds`: those that are early say that its memory lies there. Spares come while the new log waits for proofs. Targets for etcd are made as they are in truth: not before it may begin. */
export function lost(
	early: readonly Hardware[],
	more: Partial<Hardware> = {},
	{
		snapshots = [snapshotOf(5)],
		holds = false,
	}: { readonly snapshots?: readonly EtcdSnapshot[]; readonly holds?: boolean } = {},
) {
	const { story: before, ids } = founded([]);
	const proofs = new Map(ids.map((id, index) => [BOXES[index] as Hardware, before.proof(id)]));
	const story = lostLog(snapshots);
	const prove = (box: Hardware): MachineId => {
		const proof = proofs.get(box);
		const answer = proof && story.enroll({ ...box, ...more }, { token: null, proof });
		if (answer?.kind !== "enrolled") throw new Error(JSON.stringify(answer));
		return answer.machineId;
	};
	const proved = early.map(prove);
	if (holds) remember(story, proved);
	const spares = SPARES.map((box) => story.join({ ...box, ...more }));
	story.pass(20);
	return { before, story, prove, proved, spares };
}

/** A log that begins anew, with the document and the snapshots of before. */
export function lostLog(snapshots: readonly EtcdSnapshot[], recovering = true): Story {
	const story = new Story();
	story.summarize = (fleet, machine, seat) =>
		etcdBeginning(fleet, machine) && (fleet.recoverUntil > 0 || fleet.seats.size === 3)
			? summaryOf(renderForTests(fleet, machine, seat))
			: { ok: false, reason: etcdWait(fleet), kind: "etcd-waits" };
	story.record([
		{ type: "log-started", recovering, recoverUntil: START + (recovering ? 15_000 : 0) },
		{ type: "cluster-declared", ...documentOf(CONTROL), by: recovering ? "recovery" : "first start" },
	]);
	if (snapshots.length > 0) story.record([{ type: "etcd-snapshots-found", snapshots: [...snapshots] }]);
	return story;
}
