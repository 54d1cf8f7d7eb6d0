import type { Event, MachineView, Trouble } from "@rollcall/protocol";
import type { Paint } from "../text/colour.ts";
import { printable } from "../text/printable.ts";
import { tableLines } from "../text/table.ts";
import { cut, wrap } from "../text/width.ts";
import { eventLines } from "../views/event-line.ts";
import { machineColumns } from "../views/machine-table.ts";
import { nameOf } from "../views/machine-title.ts";
import { markOf, phaseStyle } from "../views/phase.ts";
import { troubleLines } from "../views/trouble.ts";

/** What the live screen shows. */
export interface LiveModel {
	/** First line: what this is and where. */
	readonly title: string;
	readonly machines: readonly MachineView[];
	/** How many machines there should be, where that is known. */
	readonly expected?: number | undefined;
	/** What is not well about the fleet as a whole. */
	readonly trouble?: readonly Trouble[];
	/** Latest events, oldest first, with the coordinator's sentence. */
	readonly events: readonly { readonly event: Event; readonly text: string }[];
	/** One line that stands out: a lost connection, a restart. */
	readonly notice?: string | undefined;
	/** Last lines: what to do now. */
	readonly footer: readonly string[];
}

/** What a frame is drawn for: a terminal of this size, at this time. */
export interface FrameOptions {
	readonly columns: number;
	readonly rows: number;
	readonly paint: Paint;
	/** Milliseconds since 1970. */
	readonly now: number;
}

const LEAST_EVENTS = 3;
/** A longer event has to wait for more room. */
const MOST_EVENT_LINES = 5;
const LEAST_TROUBLE_LINES = 4;
/** Below this a table says nothing. */
const LEAST = { columns: 40, rows: 10 };

/**
 * One picture of the live screen: at most `rows - 1` lines, none wider than `columns`, so that the terminal never scrolls
 * or wraps. When there is no room for all machines, those that are not ready come first and the rest is counted.
 */
export function renderFrame(model: LiveModel, options: FrameOptions): string[] {
	const { columns, paint } = options;
	if (columns < LEAST.columns || options.rows < LEAST.rows) return tinyFrame(model, options);
	const room = Math.max(1, options.rows - 1);
	const short = (line: string) => cut(printable(line), columns);
	// An address that is cut is of no use: long lines of the head and the foot are broken.
	const whole = (line: string) => wrap(printable(line), columns).map((part) => cut(part, columns));
	const head = [
		...whole(model.title).map((line) => paint("bold", line)),
		paint("dim", short(tally(model))),
		...fittedTrouble(model.trouble ?? [], options),
	];
	if (model.notice) head.push(paint("yellow", short(model.notice)));
	const foot = model.footer.flatMap(whole).map((line) => paint("dim", line));
	if (room < head.length + 3) return head.slice(0, room);

	const footer = room >= head.length + foot.length + LEAST_EVENTS + 6 ? foot : [];
	const free = room - head.length - footer.length;
	// Some events, or at least the newest one where that takes several lines.
	const newest = newestEvents(model, MOST_EVENT_LINES, options);
	const some = newestEvents(model, LEAST_EVENTS, options);
	const wanted = (some.length > 0 ? some : newest).length + 1;
	const tableRoom = Math.max(2, Math.min(model.machines.length + 1, free - wanted));
	const table = machineLines(model.machines, tableRoom, options);
	const lines = newestEvents(model, Math.max(0, free - table.length - 1), options);
	const blank = lines.length > 0 ? [""] : [];
	return [...head, ...table, ...blank, ...lines, ...footer].slice(0, room);
}

/**
 * What is not well, in a third of the screen: with what to do about it, else without. What has no room even so is counted, so that nothing
 * seems to be well that is not.
 */
function fittedTrouble(trouble: readonly Trouble[], { columns, rows, paint }: FrameOptions): string[] {
	const room = Math.max(LEAST_TROUBLE_LINES, Math.floor(rows / 3));
	const whole = troubleLines(trouble, paint, columns);
	if (whole.length <= room) return whole;
	const short = trouble.map(({ kind, text }) => troubleLines([{ kind, text }], paint, columns));
	if (short.flat().length <= room) return short.flat();
	const lines: string[] = [];
	for (const [index, more] of short.entries()) {
		if (lines.length + more.length >= room)
			return [...lines, paint("red", cut(`! ${short.length - index} more: rollcall status`, columns))];
		lines.push(...more);
	}
	return lines;
}

/** The newest events that so many lines have room for, each whole. */
function newestEvents({ events }: LiveModel, room: number, { paint, columns }: FrameOptions): string[] {
	const lines: string[] = [];
	for (const { event, text } of events.toReversed()) {
		const more = eventLines(event, text, { paint, width: columns });
		if (lines.length + more.length > room) break;
		lines.unshift(...more);
	}
	return lines;
}

/** What a terminal has room for that is too small for a table: the sum, what stands out, and a line for each machine, those that are not ready first. */
function tinyFrame(model: LiveModel, { columns, rows, paint }: FrameOptions): string[] {
	const room = Math.max(1, rows - 1);
	const short = (line: string) => cut(printable(line), columns);
	const head = [paint("bold", short(tally(model)))];
	for (const { text } of model.trouble?.slice(0, 1) ?? []) head.push(paint("red", short(`! ${text}`)));
	if (model.notice) head.push(paint("yellow", short(model.notice)));
	const small = paint("dim", short(`too small: ${LEAST.columns}x${LEAST.rows} shows all`));
	const free = room - head.length - 1;
	const machines = unreadyFirst(model.machines)
		.slice(0, Math.max(0, free))
		.map((machine) => {
			const line = short(`${machine.phase} ${nameOf(machine)} ${markOf(machine)}`.trimEnd());
			return paint(phaseStyle(machine.phase), line);
		});
	return [...head, ...machines, small].slice(0, room);
}

function unreadyFirst(machines: readonly MachineView[]): MachineView[] {
	return [...machines].sort((a, b) => Number(a.phase === "ready") - Number(b.phase === "ready"));
}

function machineLines(machines: readonly MachineView[], room: number, options: FrameOptions): string[] {
	if (machines.length === 0) return [options.paint("dim", cut("no machine has enrolled yet", options.columns))];
	const fits = machines.length + 1 <= room;
	const ordered = fits ? machines : unreadyFirst(machines);
	const shown = fits ? ordered : ordered.slice(0, Math.max(0, room - 2));
	const hidden = ordered.slice(shown.length);
	const lines = tableLines(machineColumns(machines, options.now), shown, {
		width: options.columns,
		paint: options.paint,
	});
	if (hidden.length === 0) return lines;
	const ready = hidden.filter((machine) => machine.phase === "ready").length;
	return [...lines, options.paint("dim", cut(`… ${hidden.length} more, ${ready} of them ready`, options.columns))];
}

/** `3 of 4 machines ready: 3 ready, 1 applying`. */
function tally(model: Pick<LiveModel, "machines" | "expected">): string {
	const counts = new Map<string, number>();
	for (const machine of model.machines) counts.set(machine.phase, (counts.get(machine.phase) ?? 0) + 1);
	const total = model.expected ?? model.machines.length;
	const missing = total - model.machines.length;
	const parts = [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([phase, count]) => `${count} ${phase}`);
	if (missing > 0) parts.push(`${missing} not there yet`);
	return `${counts.get("ready") ?? 0} of ${total} machines ready${parts.length > 0 ? `: ${parts.join(", ")}` : ""}`;
}
