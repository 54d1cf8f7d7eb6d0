import {
	BOOT_STAGES,
	type BootStage,
	type BootStageView,
	type BootState,
	type BootView,
	dateText,
	definedFields,
	type Mac,
	type MachineId,
	type Timestamp,
} from "@rollcall/protocol";
import type { Fleet, Machine } from "../../domain/fleet.ts";
import { phaseOf, standing } from "../../domain/views/phase.ts";
import { type Boot, story, waitsFor } from "./boot.ts";
import { orderOf, ruleOf } from "./stages.ts";

/** A boot as the API shows it, at a time. */
export function bootView(boot: Boot, fleet: Fleet, at: Timestamp): BootView {
	const stages = story(boot);
	const startedAt = stages.reduce((earliest, { at: time }) => Math.min(earliest, time), at);
	const latest = boot.last?.at ?? startedAt;
	const machine = boot.machineId === undefined ? undefined : fleet.machines.get(boot.machineId);
	const nodeName = machine?.seat?.nodeName;
	const given = { machineId: boot.machineId, bootId: boot.bootId, nodeName, mac: boot.mac, uuid: boot.uuid };
	const rehearsal = machine?.facts.rehearsal;
	return {
		...definedFields({ ...given, rehearsal, address: boot.remote, group: boot.group, profile: boot.profile }),
		...standingOf(boot, { fleet, machine, at }),
		startedAt: dateText(startedAt),
		totalMs: latest - startedAt,
		stages: stageViews(boot),
	};
}

/** What a boot is seen in: the fleet, its machine where it is known, and the time. */
interface Around {
	readonly fleet: Fleet;
	readonly machine: Machine | undefined;
	readonly at: Timestamp;
}

/** How the boot goes, in one word; cheap enough to be asked of the whole fleet every second. */
export function stateOf(boot: Boot, { machine, at }: Omit<Around, "fleet">): BootState {
	const waitingFor = waitsFor(boot);
	if (waitingFor === undefined) return "done";
	const late = at >= (boot.last?.at ?? at) + ruleOf(waitingFor).deadlineSeconds * 1000;
	if (machine) {
		const phase = phaseOf(machine);
		if (phase === "waiting" || phase === "rejected" || phase === "idle") return "held";
		return late || phase === "failed" || phase === "lost" ? "stuck" : "booting";
	}
	if (boot.refused) return "stuck";
	if (boot.choosing) return "held";
	return late ? "stuck" : "booting";
}

/** The state of a boot with what it waits for, why, and the next step. */
export function standingOf(boot: Boot, around: Around): Pick<BootView, "state" | "waitingFor" | "cause" | "next"> {
	const state = stateOf(boot, around);
	const waitingFor = waitsFor(boot);
	if (waitingFor === undefined) return { state };
	if (state === "booting") return { state, waitingFor };
	const { reason, next } = reasonOf(boot, waitingFor, around);
	return { state, waitingFor, cause: reason, ...(next === undefined ? {} : { next }) };
}

function reasonOf(
	boot: Boot,
	waitingFor: BootStage,
	{ fleet, machine }: Around,
): { readonly reason: string; readonly next?: string | undefined } {
	const rule = ruleOf(waitingFor);
	if (machine) return { next: rule.next, ...standing(fleet, machine) };
	if (boot.refused) {
		const { stage, reason, next = nextOfRefusal(stage) } = boot.refused;
		return { reason: `it was refused: ${reason}`, next };
	}
	if (boot.choosing) return { reason: "its menu waits for somebody to choose" };
	return { reason: rule.cause, next: rule.next };
}

function nextOfRefusal(stage: string): string {
	return stage === "ipxe" ? "correct the boot document; the machine asks again by itself" : "boot it again";
}

function stageViews(boot: Boot): BootStageView[] {
	const waitingFor = waitsFor(boot);
	let before: Timestamp | undefined;
	return BOOT_STAGES.filter((stage) => boot.reached.has(stage) || boot.expected.includes(stage)).map((stage) => {
		const reachedAt = boot.reached.get(stage);
		const from = before;
		const due = (since: Timestamp): string => dateText(since + ruleOf(stage).deadlineSeconds * 1000);
		if (reachedAt === undefined) {
			const last = stage === waitingFor ? boot.last?.at : undefined;
			return { stage, ...(last === undefined ? {} : { deadlineAt: due(last) }) };
		}
		before = reachedAt;
		if (from === undefined) return { stage, at: dateText(reachedAt) };
		return { stage, at: dateText(reachedAt), ms: Math.max(0, reachedAt - from), deadlineAt: due(from) };
	});
}

const URGENCY: readonly BootState[] = ["stuck", "held", "booting", "done"];

/** Which boots are asked for. */
export interface BootFilter {
	readonly state?: BootState | undefined;
	readonly mac?: Mac | undefined;
	/** Only boots of these machines. */
	readonly machines?: ((machineId: MachineId | undefined) => boolean) | undefined;
	readonly limit: number;
}

/** Stuck boots first, then held ones, then the newest. Only those that are shown cost more than a glance. */
export function bootViews(
	boots: readonly Boot[],
	filter: BootFilter,
	now: { readonly fleet: Fleet; readonly at: Timestamp },
): { readonly boots: BootView[]; readonly more: number } {
	const wanted = boots
		.filter(({ mac }) => filter.mac === undefined || mac === filter.mac)
		.filter(({ machineId }) => filter.machines?.(machineId) ?? true)
		.map((boot) => {
			const machine = boot.machineId === undefined ? undefined : now.fleet.machines.get(boot.machineId);
			return { boot, state: stateOf(boot, { at: now.at, machine }), began: beganAt(boot) };
		})
		.filter(({ state }) => filter.state === undefined || state === filter.state)
		.sort((a, b) => URGENCY.indexOf(a.state) - URGENCY.indexOf(b.state) || b.began - a.began);
	const shown = wanted.slice(0, filter.limit);
	return { boots: shown.map(({ boot }) => bootView(boot, now.fleet, now.at)), more: wanted.length - shown.length };
}

function beganAt(boot: Boot): Timestamp {
	let first = Number.POSITIVE_INFINITY;
	for (const at of boot.reached.values()) first = Math.min(first, at);
	return first;
}

/** How long each stage took in each boot that reached it, in milliseconds, sorted; and the whole way of those that came up. */
export function stageDurations(boots: readonly Boot[]): Map<string, number[]> {
	const durations = new Map<string, number[]>();
	const add = (name: string, ms: number): void => {
		const list = durations.get(name);
		if (list) list.push(ms);
		else durations.set(name, [ms]);
	};
	for (const boot of boots) {
		const stages = story(boot);
		for (const [index, { stage, at }] of stages.entries()) {
			const before = stages[index - 1];
			if (before) add(stage, Math.max(0, at - before.at));
		}
		const [first, last] = [stages[0], stages.at(-1)];
		// A boot that is not done says nothing about the length of a whole boot.
		if (first && last?.stage === "ready" && orderOf(first.stage) <= orderOf("ipxe")) add("total", last.at - first.at);
	}
	for (const list of durations.values()) list.sort((a, b) => a - b);
	return durations;
}
