import type { BootId, BootStage, Mac, MachineId, Timestamp } from "@rollcall/protocol";
import { orderOf } from "./stages.ts";

/** One boot of one machine, as far as it was seen. Times in milliseconds since 1970. */
export interface Boot {
	mac?: Mac | undefined;
	uuid?: string | undefined;
	/** The address that asked last. */
	remote?: string | undefined;
	group?: string | undefined;
	profile?: string | undefined;
	machineId?: MachineId | undefined;
	bootId?: BootId | undefined;
	expected: readonly BootStage[];
	/** Changed by `reach` alone. */
	readonly reached: Map<BootStage, Timestamp>;
	/** The last stage that was reached, in the order of stages, with the time of the last one in time. */
	last?: { readonly stage: BootStage; readonly at: Timestamp } | undefined;
	/** A person was asked what to boot. */
	choosing: boolean;
	/** What was refused, and not granted since. */
	refused?: { readonly stage: BootStage; readonly reason: string; readonly next?: string } | undefined;
	/** Stages of which the log says that this boot waits for them in vain. */
	readonly told: Set<BootStage>;
	/** The log has the whole story. */
	recorded: boolean;
}

/** A boot of which nothing was seen yet. */
export function newBoot(expected: readonly BootStage[]): Boot {
	return { expected, reached: new Map(), choosing: false, told: new Set(), recorded: false };
}

/** The stage that comes next: the first one that is expected behind the last one that was reached. */
export function waitsFor(boot: Boot): BootStage | undefined {
	const order = boot.last === undefined ? -1 : orderOf(boot.last.stage);
	return boot.expected.find((stage) => orderOf(stage) > order);
}

/** Notes that a stage was reached; time never goes back. A stage that is over keeps its time. */
export function reach(boot: Boot, stage: BootStage, at: Timestamp): void {
	const { last } = boot;
	const isLast = !last || orderOf(stage) >= orderOf(last.stage);
	if (!isLast && boot.reached.has(stage)) return;
	const reachedAt = Math.max(at, last?.at ?? at);
	boot.reached.set(stage, reachedAt);
	boot.last = { stage: isLast ? stage : last.stage, at: reachedAt };
	boot.refused = undefined;
}

/** The stages that were reached, in their order. */
export function story(boot: Boot): { readonly stage: BootStage; readonly at: Timestamp }[] {
	return [...boot.reached].map(([stage, at]) => ({ stage, at })).sort((a, b) => orderOf(a.stage) - orderOf(b.stage));
}
