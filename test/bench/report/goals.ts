import { figures } from "./compare.ts";
import { rangeOf } from "./repeated.ts";

/** One promise of docs/performance.md: a figure, and what it may be at most (or at least). */
interface Goal {
	readonly what: string;
	readonly figure: string;
	/** A number, or so many times a floor that was measured in the same run. */
	readonly most?: number | { readonly times: number; readonly floor: string };
	readonly least?: number;
	readonly unit: string;
}

/** Times that are processor time are told in starts of Node, 27 ms where the goals were set: other machines have them in proportion. */
const GOALS: readonly Goal[] = [
	goal("process start to role, above Node's own start, p99", "agent-start.aboveFloorMs.p99", {
		times: 0.6,
		floor: "agent-start.floor.nodeMs.p50",
	}),
	goal("role to 12 files, p99", "agent-start.roleToFilesMs.p99", {
		times: 10 / 27,
		floor: "agent-start.floor.nodeMs.p50",
	}),
	goal("hello to target at 1,000 machines, p99", "hello.helloToTargetMs.p99", 20),
	goal("the same of a new boot, p99", "hello.newBoot.helloToTargetMs.p99", 50),
	goal("the same of a new machine, p99", "hello.newMachine.helloToTargetMs.p99", 50),
	goal("1,000 machines within 1 s: all assigned", "storm.storms.0.allAssignedMs", {
		times: 3_000 / 27,
		floor: "storm.floor.nodeMs.p50",
	}),
	goal("5,000 machines within 1 s: all assigned", "storm.storms.1.allAssignedMs", {
		times: 15_000 / 27,
		floor: "storm.floor.nodeMs.p50",
	}),
	goal("machines that a storm lost or doubled", "storm.storms.1.lost", 0, ""),
	goal("silence at 10 machines: suspect, p99", "silence.fleets.0.sinceDeathMs.suspect.p99", 3_000),
	goal("silence at 10 machines: lost, p99", "silence.fleets.0.sinceDeathMs.lost.p99", 10_000),
	goal("silence at 10,000 machines: suspect, p99", "silence.fleets.1.sinceDeathMs.suspect.p99", 3_000),
	goal("silence at 10,000 machines: lost, p99", "silence.fleets.1.sinceDeathMs.lost.p99", 10_000),
	goal("the leader is killed: until another one writes, at most", "takeover.coordinatorKilledMs.max", 3_000),
	goal("the nats-server that leads of three is killed: until a write, at most", "takeover.serverKilledMs.max", 3_000),
	goal("10,000 machines that beat: the coordinator's cores", "beats.used.cores.coordinator", 0.25, ""),
	goal("start with a log of 10,000 machines", "memory.startMs.fromLog", {
		times: 2_000 / 27,
		floor: "memory.floor.nodeMs.p50",
	}),
	goal("live heap per machine", "memory.perMachineKiB.liveHeap", 25, "KiB"),
	goal("2,000 Ignition answers a second, p99", "boot-answers.ignition.latencyMs.p99", 50),
	goal("2,000 iPXE answers a second, p99", "boot-answers.ipxe.latencyMs.p99", 50),
	goal("agent idle, anonymous memory, p50", "agent-memory.anonymousMiB.p50", 45, "MiB"),
	goal("downloads over 1 Gbit/s: times of nginx", "assets.gigabitWire.timeToNginx", 1.05, ""),
	{
		what: "downloads without a wire: of nginx's throughput",
		figure: "assets.noWire.throughputToNginx",
		least: 0.9,
		unit: "",
	},
];

function goal(what: string, figure: string, most: Goal["most"] & {}, unit = "ms"): Goal {
	return { what, figure, most, unit };
}

/** The goals whose figures these sections hold, as a table in Markdown with the verdict of each. Told by the median; the range behind it. */
export function goalTable(sections: unknown): string {
	const all = figures(sections);
	const rows = GOALS.flatMap(({ what, figure, most, least, unit }) => {
		const is = rangeOf(all.get(figure));
		const floor = typeof most === "object" ? rangeOf(all.get(most.floor))?.median : undefined;
		if (!is || (typeof most === "object" && floor === undefined)) return [];
		const bound = typeof most === "object" ? most.times * (floor ?? 0) : (most ?? least ?? 0);
		const isMet = least === undefined ? is.median <= bound : is.median >= bound;
		const range = is.runs > 1 ? ` (${short(is.min)} to ${short(is.max)}, ${is.runs} runs)` : "";
		const limit = `${least === undefined ? "at most" : "at least"} ${short(bound)} ${unit}`.trimEnd();
		return [
			`| ${what} | ${limit} | ${`${short(is.median)} ${unit}`.trimEnd()}${range} | ${isMet ? "yes" : "**no**"} |`,
		];
	});
	return ["| goal | bound | measured | met |", "| --- | --- | --- | --- |", ...rows, ""].join("\n");
}

function short(value: number): string {
	return String(Math.abs(value) >= 100 ? Math.round(value) : Math.round(value * 100) / 100);
}
