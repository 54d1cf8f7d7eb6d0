import {
	type EtcdMemory,
	type EventDraft,
	type Health,
	isSameMemory,
	sameJson,
	type TargetProgress,
} from "@rollcall/protocol";
import type { Fleet, Machine } from "../fleet.ts";
import type { InputOf, Verdict } from "../inputs.ts";
import { isLeaving } from "../seats/leaving.ts";
import type { IssuedTarget } from "../targets/issued-target.ts";
import { accept, fenced, NOTHING, notEnrolled, refuse, rejected } from "./verdict.ts";

/** An agent says what became of its target, and how its components are. What comes late or twice changes nothing. */
export function report(fleet: Fleet, input: InputOf<"report">): Verdict {
	const { machineId } = input;
	const { bootId, generation, progress, sequence } = input.report;
	const machine = fleet.machines.get(machineId);
	if (!machine) {
		return refuse({
			code: "unknown-machine",
			message: `machine ${machineId} is not known`,
			next: "enroll again",
			machineId,
		});
	}
	if (machine.approval === "rejected") return refuse(rejected(machine));
	if (machine.fenced.includes(bootId)) return fenced(machine, bootId);
	if (machine.bootId !== bootId) return notEnrolled(machineId, bootId);
	if (sequence < machine.reported) return NOTHING;
	const events: EventDraft[] = [];
	const { target } = machine;
	if (progress && target && isNews(machine, target, { generation, progress })) {
		events.push({ type: "target-progress", machineId, bootId, generation, progress, sequence, cause: target.seq });
	}
	const health = [...input.report.health].sort((a, b) => (a.component < b.component ? -1 : 1));
	if (!sameHealth(health, machine.health)) events.push({ type: "health-changed", machineId, bootId, health, sequence });
	const remembered = memoryNews(machine, input.report.memory);
	if (remembered) events.push({ ...remembered, sequence });
	return accept(events);
}

/**
 * What an agent says of etcd's memory, if that is news. A hello can be older than a report that was heard before it, so that only
 * reports, which are numbered, can say that memory is gone.
 */
export function memoryNews(
	{ machineId, bootId, etcdMemory }: Pick<Machine, "machineId" | "bootId" | "etcdMemory">,
	memory: EtcdMemory | null | undefined,
): Extract<EventDraft, { type: "etcd-memory-changed" }> | undefined {
	const before = etcdMemory?.is;
	if (memory === undefined || (memory === null && !before)) return undefined;
	if (memory && (memory.bootId !== bootId || (before && isSameMemory(before, memory)))) return undefined;
	return { type: "etcd-memory-changed", machineId, bootId, memory };
}

function isNews(
	machine: Machine,
	target: IssuedTarget,
	reported: { readonly generation: number; readonly progress: TargetProgress },
): boolean {
	if (
		(!machine.seat && !isLeaving(machine)) ||
		target.generation !== reported.generation ||
		target.bootId !== machine.bootId
	)
		return false;
	if (target.progress !== reported.progress.state) return true;
	if (reported.progress.state !== "rejected") return false;
	const { step, unit, reason } = reported.progress;
	return target.failedStep !== step || target.failedUnit !== unit || target.reason !== reason;
}

function sameHealth(a: Health, b: Health): boolean {
	const plain = (health: Health) =>
		health.map(({ component, healthy, reason }) => ({ component, healthy, reason: reason && withoutNumbers(reason) }));
	return sameJson(plain(a), plain(b));
}

/** A beat of a boot that is not the live one. Beats are not answered, so only a fenced boot that still speaks is news. */
export function strayBeat(fleet: Fleet, { machineId, bootId }: InputOf<"stray-beat">): Verdict {
	const machine = fleet.machines.get(machineId);
	return machine?.fenced.includes(bootId) ? fenced(machine, bootId) : NOTHING;
}

/**
 * A boot says that its system shuts down. It counts as lost from now on, without the silence that is waited for else; if it speaks again, it
 * is alive again. Only the live boot can say so, and only of itself.
 */
export function bye(fleet: Fleet, { machineId, bootId }: InputOf<"bye">): Verdict {
	const machine = fleet.machines.get(machineId);
	if (!machine) return notEnrolled(machineId, bootId);
	if (machine.approval === "rejected") return refuse(rejected(machine));
	if (machine.fenced.includes(bootId)) return fenced(machine, bootId);
	if (machine.bootId !== bootId) return notEnrolled(machineId, bootId);
	if (machine.lease === "lost") return NOTHING;
	return accept([{ type: "lease-changed", machineId, bootId, lease: "lost", silentMs: 0, goodBye: true }]);
}

/** A reason without its numbers: ports, seconds and tries change all the time, and are no news. */
function withoutNumbers(reason: string): string {
	return reason.replaceAll(/\d+/g, "#");
}

/** True when two reasons differ in their numbers at most. */
export function sameReason(a: string | undefined, b: string | undefined): boolean {
	return a === b || (a !== undefined && b !== undefined && withoutNumbers(a) === withoutNumbers(b));
}
