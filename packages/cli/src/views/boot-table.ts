import type { BootStageView, BootView } from "@rollcall/protocol";
import type { Paint, Style } from "../text/colour.ts";
import { ago, durationText, timeOfDay } from "../text/duration.ts";
import { printable } from "../text/printable.ts";
import { type TableOptions, tableLines } from "../text/table.ts";
import { fitLines, pad, widthOf } from "../text/width.ts";
import { markOf } from "./phase.ts";

const STYLES: Record<BootView["state"], Style> = { done: "green", booting: "cyan", held: "yellow", stuck: "red" };

/** The name by which people know the machine that boots. */
function nameOf(boot: BootView): string {
	return boot.nodeName ?? boot.machineId ?? boot.mac ?? boot.uuid ?? "?";
}

/** The table of `rollcall boots`, and below it what is in the way of those that are stuck or held. */
export function bootTable(boots: readonly BootView[], now: number, options: TableOptions & { paint: Paint }): string[] {
	const last = (boot: BootView) => boot.stages.findLast(({ at }) => at !== undefined);
	const since = (boot: BootView) => (boot.state === "done" ? "" : ago(last(boot)?.at ?? boot.startedAt, now));
	const kind = boots.some((boot) => boot.rehearsal)
		? [{ title: "KIND", text: (boot: BootView) => markOf(boot) || "machine", style: () => "dim" as const }]
		: [];
	const table = tableLines(
		[
			{ title: "MACHINE", text: nameOf, min: 8, whole: true, style: () => "bold" },
			{ title: "STATE", text: (boot) => boot.state, style: (boot) => STYLES[boot.state] },
			{ title: "REACHED", text: (boot) => last(boot)?.stage ?? "", drop: 1 },
			{ title: "WAITS FOR", text: (boot) => boot.waitingFor ?? "", drop: 0 },
			{ title: "SINCE", text: since, drop: 2 },
			...kind,
			{ title: "TOOK", text: (boot) => secondsText(boot.totalMs), drop: 3 },
			{ title: "BEGAN", text: (boot) => `${ago(boot.startedAt, now)} ago`, drop: 4 },
			{ title: "PROFILE", text: (boot) => boot.profile ?? "", min: 6, drop: 5 },
			{ title: "MAC", text: (boot) => boot.mac ?? "", drop: 6 },
			{ title: "ADDRESS", text: (boot) => boot.address ?? "", drop: 7 },
		],
		boots,
		options,
	);
	const trouble = boots.flatMap((boot) => {
		if (boot.cause === undefined) return [];
		const next = boot.next === undefined ? [] : [`  next: ${printable(boot.next)}`];
		const what = `${boot.state}, ${boot.waitingFor ?? "?"} is missing: ${boot.cause}`;
		const mark = markOf(boot) ? `${markOf(boot)} ` : "";
		return [`${mark}${options.paint("bold", printable(nameOf(boot)))}: ${printable(what)}`, ...next];
	});
	return trouble.length === 0 ? table : [...table, "", ...trouble.flatMap((line) => fitLines(line, options.width))];
}

/** One boot, a line for each stage: how long it took, when it was reached, or until when it should be. */
export function bootLines(boot: BootView, now: number, paint: Paint): string[] {
	const width = boot.stages.reduce((widest, { stage }) => Math.max(widest, widthOf(stage)), 0) + 2;
	const lines = boot.stages.map((stage) => `${paint("dim", pad(stage.stage, width))}${stageText(stage, boot, now)}`);
	const cause = boot.cause === undefined ? [] : [paint(STYLES[boot.state], printable(`${boot.state}: ${boot.cause}`))];
	return [...lines, ...cause, ...(boot.next === undefined ? [] : [`next: ${printable(boot.next)}`])];
}

function stageText({ stage, at, ms, deadlineAt }: BootStageView, boot: BootView, now: number): string {
	if (at !== undefined) return `${pad(ms === undefined ? "" : `+${secondsText(ms)}`, 10)}${timeOfDay(Date.parse(at))}`;
	if (stage !== boot.waitingFor || deadlineAt === undefined) return "not seen";
	const left = Date.parse(deadlineAt) - now;
	return left >= 0 ? `awaited, at most ${durationText(left)} more` : `overdue for ${durationText(-left)}`;
}

/** `0.3s` below ten seconds, then as other lengths of time. */
function secondsText(ms: number): string {
	return ms < 10_000 ? `${(ms / 1000).toFixed(1)}s` : durationText(ms);
}
