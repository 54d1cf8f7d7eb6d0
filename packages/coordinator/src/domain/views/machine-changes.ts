import { dateText, digestOf, type MachineChange, type Timestamp } from "@rollcall/protocol";
import { certifiedUntil } from "../certificates/certificate-list.ts";
import { dateOf } from "../clocks/log-clock.ts";
import { byMachineId } from "../drafts.ts";
import type { Fleet, Machine, Seat } from "../fleet.ts";
import type { Rendered, RenderTarget } from "../observed.ts";
import { fileChanges, restarts } from "./file-changes.ts";

/** The most text of files that is shown, in characters; further changes are only named. */
const MAX_TEXT = 4 * 1024 * 1024;

/** What changes on each machine from one state of the fleet to another, in the order of their ids. */
export interface MachineChanges {
	readonly machines: readonly MachineChange[];
	readonly unchanged: number;
	readonly warnings: readonly string[];
}

/** Compares what two states of the fleet mean for each machine. */
export function machineChanges(fleet: Fleet, after: Fleet, render: RenderTarget): MachineChanges {
	const machines: MachineChange[] = [];
	let text = 0;
	for (const machine of [...after.machines.values()].sort(byMachineId)) {
		const before = { fleet, machine: fleet.machines.get(machine.machineId) };
		const change = changeOf(before, { fleet: after, machine }, render);
		if (!change) continue;
		text += change.files.reduce((sum, file) => sum + (file.before?.length ?? 0) + (file.after?.length ?? 0), 0);
		machines.push(text <= MAX_TEXT ? change : withoutText(change));
	}
	return {
		machines,
		unchanged: after.machines.size - machines.length,
		warnings: text > MAX_TEXT ? ["the plan is long: the later files are named without their text"] : [],
	};
}

function withoutText(change: MachineChange): MachineChange {
	return { ...change, files: change.files.map(({ before: _before, after: _after, ...file }) => file) };
}

interface Side {
	readonly fleet: Fleet;
	readonly machine: Machine | undefined;
}

function changeOf(
	before: Side,
	after: Side & { readonly machine: Machine },
	render: RenderTarget,
): MachineChange | undefined {
	const from = before.machine?.seat;
	const to = after.machine.seat;
	if (!from && !to) return undefined;
	const old = rendered(before, render);
	const next = rendered(after, render);
	const oldContent = old?.ok ? old.content : undefined;
	const content = next?.ok ? next.content : undefined;
	const until = before.machine && certifiedUntil(before.machine, dateOf(before.fleet, before.fleet.at));
	const what = actionOf({ from, to, old, next, runs: before.machine?.target !== undefined, until });
	if (!what) return undefined;
	// Without a target nothing is sent, and so nothing on the machine changes.
	const files = what.action === "refuse" ? [] : fileChanges(oldContent, content);
	const nodeName = (to ?? from)?.nodeName;
	return {
		machineId: after.machine.machineId,
		...(nodeName === undefined ? {} : { nodeName }),
		...what,
		...(from ? { from: placeOf(from) } : {}),
		...(to ? { to: placeOf(to) } : {}),
		files,
		restarts: restarts(oldContent, content, files),
	};
}

function rendered({ fleet, machine }: Side, render: RenderTarget): Rendered | undefined {
	return machine?.seat && fleet.cluster ? render(fleet, machine, machine.seat) : undefined;
}

interface Sides {
	readonly from: Seat | undefined;
	readonly to: Seat | undefined;
	readonly old: Rendered | undefined;
	readonly next: Rendered | undefined;
	/** It was given a target before. */
	readonly runs: boolean;
	/** The end of the last certificate that it got. */
	readonly until: Timestamp | undefined;
}

function actionOf({ from, to, old, next, runs, until }: Sides): Pick<MachineChange, "action" | "reason"> | undefined {
	if (next && !next.ok) {
		if (old && !old.ok && old.reason === next.reason && from?.seq === to?.seq) return undefined;
		const keeps = runs ? "it keeps what it has" : "it gets nothing";
		return { action: "refuse", reason: `no target can be made, so ${keeps}: ${next.reason}` };
	}
	const certified = until === undefined ? "" : `; certificates that it got are valid until ${dateText(until)}`;
	if (!to) {
		return {
			action: "release",
			reason: `no seat is left for it: it is drained and emptied, and then a spare${certified}`,
		};
	}
	if (!from) return { action: "assign", reason: `it matches slot ${to.slot}` };
	if (from.seq !== to.seq) {
		// In another role those of the one before are nobody's, and still believed.
		const left = from.role === to.role && from.nodeName === to.nodeName ? "" : certified;
		return { action: "move", reason: `its place was ${placeOf(from)}${left}` };
	}
	if (old?.ok && next && digestOf(old.content) === digestOf(next.content)) return undefined;
	return { action: "update", reason: "its target changes" };
}

function placeOf({ role, slot, seat }: Seat): string {
	return `${role} (${slot}/${seat})`;
}
