import { type EtcdSnapshot, type MachineId, sha256Of } from "@rollcall/protocol";
import { etcdBeginning } from "../../src/domain/etcd/beginning.ts";
import { nextEtcdStep } from "../../src/domain/etcd/steps.ts";
import type { Hardware } from "./hardware.ts";
import { START, Story } from "./story.ts";

export const BOXES: readonly Hardware[] = ["a", "b", "c"].map((name) => ({ name, memoryGiB: 8 }));
export const CONTROL = [{ name: "control", role: "control-plane", count: 3 }];

export function snapshotOf(revision: number, more: Partial<EtcdSnapshot> = {}): EtcdSnapshot {
	const sha256 = sha256Of(`snapshot ${revision}`);
	const content = { sha256: sha256Of(`content ${revision}`), sizeBytes: 1000 };
	return {
		sha256,
		sizeBytes: 1028,
		content,
		revision,
		takenAt: START + revision,
		cluster: "lab",
		secretsKeys: [],
		...more,
	};
}

export function takeStep(story: Story): void {
	const step = nextEtcdStep(story.fleet);
	if (!step) throw new Error("nothing is to be done");
	story.take({ kind: "etcd-step-done", step, cluster: [] });
	if (step.kind === "promote") isWell(story, step.machine.machineId);
}

/** The agent of a machine says that etcd is healthy there. */
export function isWell(story: Story, machineId: MachineId): void {
	const { bootId } = story.machine(machineId);
	story.record([{ type: "health-changed", machineId, bootId, health: [{ component: "etcd", healthy: true }] }]);
}

/** The agents of these machines say that a member's memory lies there. */
export function remember(story: Story, ids: readonly MachineId[]): void {
	for (const machineId of ids) {
		const { bootId } = story.machine(machineId);
		const memory = { memberId: machineId.replaceAll(/\D/g, "").slice(0, 8), clusterId: "77", bootId };
		story.record([{ type: "etcd-memory-changed", machineId, bootId, memory }]);
	}
}

export function bootAgain(story: Story, boot: number, boxes: readonly Hardware[] = BOXES): void {
	for (const box of boxes) story.join({ ...box, boot });
}

/** Three control planes with etcd founded, and snapshots of these revisions. */
export function founded(revisions: readonly number[], more: object = {}): { story: Story; ids: MachineId[] } {
	const story = new Story();
	story.declare(CONTROL, more);
	const ids = BOXES.map((box) => story.join(box));
	for (const id of ids) story.report(id, "applied", 1);
	takeStep(story);
	for (const revision of revisions) story.take({ kind: "etcd-snapshot", snapshot: snapshotOf(revision) });
	return { story, ids };
}

export const beginnings = (story: Story, ids: readonly MachineId[]) =>
	ids.map((id) => etcdBeginning(story.fleet, story.machine(id)));
