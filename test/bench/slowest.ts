import { fileURLToPath } from "node:url";
import { repository } from "../support/places.ts";
import type { CpuProfile } from "./inspector.ts";
import type { Span } from "./swarm/orders.ts";

/** So many functions are told. */
const MOST_FUNCTIONS = 25;
/** The share of the spans that is looked at. */
const SLOWEST = 0.01;

/** What a process did while it was waited for longest. */
export interface Slowest {
	readonly spans: number;
	readonly waitedMs: number;
	/** Of that time, how much the process did nothing at all: it waited for somebody else, or for a processor. */
	readonly idleMs: number;
	readonly garbageMs: number;
	/** The longest stretches without a look at the event loop, in milliseconds, with the call that began them. */
	readonly functions: readonly { readonly name: string; readonly selfMs: number; readonly totalMs: number }[];
}

/** Adds up, for the slowest hundredth of the spans, in which functions a profiled process was meanwhile. */
export function slowest(profile: CpuProfile, spans: readonly Span[]): Slowest {
	const byLength = [...spans].sort((a, b) => b.toUs - b.fromUs - (a.toUs - a.fromUs));
	const slow = byLength.slice(0, Math.max(1, Math.ceil(byLength.length * SLOWEST)));
	const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
	const parents = new Map(
		profile.nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)),
	);
	const self = new Map<string, number>();
	const total = new Map<string, number>();
	let at = profile.startTime;
	for (const [index, id] of profile.samples.entries()) {
		at += profile.timeDeltas[index] ?? 0;
		const lasted = profile.timeDeltas[index + 1] ?? 0;
		const within = slow.reduce(
			(sum, { fromUs, toUs }) => sum + Math.max(0, Math.min(toUs, at + lasted) - Math.max(fromUs, at)),
			0,
		);
		if (within === 0) continue;
		const seen = new Set<string>();
		for (let next: number | undefined = id; next !== undefined; next = parents.get(next)) {
			const name = nameOf(nodes.get(next)?.callFrame);
			if (next === id) self.set(name, (self.get(name) ?? 0) + within);
			if (seen.has(name)) continue;
			seen.add(name);
			total.set(name, (total.get(name) ?? 0) + within);
		}
	}
	const ms = (us: number): number => Math.round(us / 100) / 10;
	return {
		spans: slow.length,
		waitedMs: ms(slow.reduce((sum, { fromUs, toUs }) => sum + toUs - fromUs, 0)),
		idleMs: ms((self.get("(idle)") ?? 0) + (self.get("(program)") ?? 0)),
		garbageMs: ms(self.get("(garbage collector)") ?? 0),
		functions: [...total]
			.filter(([name]) => !name.startsWith("("))
			.sort(([, a], [, b]) => b - a)
			.slice(0, MOST_FUNCTIONS)
			.map(([name, us]) => ({ name, selfMs: ms(self.get(name) ?? 0), totalMs: ms(us) })),
	};
}

function nameOf(frame: CpuProfile["nodes"][number]["callFrame"] | undefined): string {
	if (!frame) return "?";
	const { functionName, url, lineNumber } = frame;
	if (url === "") return functionName === "" ? "(anonymous)" : functionName;
	const path = url.startsWith("file:") ? fileURLToPath(url).replace(`${repository}/`, "") : url;
	return `${functionName || "(anonymous)"} ${path}:${lineNumber + 1}`;
}
