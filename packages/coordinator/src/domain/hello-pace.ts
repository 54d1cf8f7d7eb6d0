import type { BootId, EventDraft, MachineId, Timestamp } from "@rollcall/protocol";

/** What one boot's hellos may have recorded: so much at once, as a boot that settles does, and from then on one thing in such a time, in milliseconds. */
const AT_ONCE = 30;
const ONE_EVERY_MS = 15_000;

/** How much of it a boot has used up, by the log's time. */
export interface HelloPace {
	readonly used: number;
	readonly at: Timestamp;
	/** It was told that something was left out; told again only after a while in which the machine said little. */
	readonly cut?: true | undefined;
}

interface Paced {
	readonly machineId: MachineId;
	readonly bootId: BootId;
	readonly helloPace?: HelloPace | undefined;
}

/** One more thing was recorded of a hello. */
export function spent(pace: HelloPace | undefined, at: Timestamp): HelloPace {
	const used = usedAt(pace, at);
	return { used: used + 1, at, ...(pace?.cut && used > AT_ONCE / 2 ? { cut: true } : {}) };
}

/**
 * What of a hello's news is recorded: all of it, or nothing while its boot has had its share; then that something is left out, once. Nothing
 * is lost by it that is so for long: the machine says it again with its next hello.
 */
export function inPace(
	{ machineId, bootId, helloPace }: Paced,
	news: readonly EventDraft[],
	at: Timestamp,
): readonly EventDraft[] {
	if (news.length === 0 || usedAt(helloPace, at) + news.length <= AT_ONCE) return news;
	return helloPace?.cut ? [] : [{ type: "hellos-cut", machineId, bootId }];
}

function usedAt(pace: HelloPace | undefined, at: Timestamp): number {
	return pace ? Math.max(0, pace.used - Math.max(0, at - pace.at) / ONE_EVERY_MS) : 0;
}
