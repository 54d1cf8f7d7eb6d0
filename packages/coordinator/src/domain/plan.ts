import type { AddOnChange, ClusterDocument, Digest, MachineChange, Plan } from "@rollcall/protocol";
import { digestOf } from "@rollcall/protocol";
import { decidePlacement } from "./decide.ts";
import { byMachineId } from "./drafts.ts";
import { fileChanges, restarts } from "./file-changes.ts";
import type { Fleet, Machine, Seat } from "./fleet.ts";
import type { AddOnDigests, Rendered, RenderTarget } from "./observed.ts";
import { record } from "./record.ts";
import { versionStepWarnings } from "./version-step.ts";

/** More rounds than placing can need. */
const MAX_ROUNDS = 32;
/** So much text of files is shown, in characters; further changes are named only. */
const MAX_TEXT = 4 * 1024 * 1024;

export interface Declared {
	readonly document: ClusterDocument;
	readonly digest: Digest;
	readonly warnings?: readonly string[];
}

/** What declaring a document would do to the fleet as it is: a rehearsal on a copy; nothing happens. */
export function planDocument(
	fleet: Fleet,
	declared: Declared,
	render: RenderTarget,
	addOns: AddOnDigests = () => new Map(),
): Plan {
	const after = settle(fleet, declared);
	const changes: MachineChange[] = [];
	let text = 0;
	for (const machine of [...after.machines.values()].sort(byMachineId)) {
		const change = changeOf(
			{ fleet, machine: fleet.machines.get(machine.machineId) },
			{ fleet: after, machine },
			render,
		);
		if (!change) continue;
		text += change.files.reduce((sum, file) => sum + (file.before?.length ?? 0) + (file.after?.length ?? 0), 0);
		changes.push(
			text <= MAX_TEXT
				? change
				: { ...change, files: change.files.map(({ before: _before, after: _after, ...file }) => file) },
		);
	}
	const left = text > MAX_TEXT ? ["the plan is long: the later files are named without their text"] : [];
	return {
		digest: declared.digest,
		unchanged: after.machines.size - changes.length,
		machines: changes,
		addOns: addOnChanges(fleet.cluster ? addOns(fleet.cluster.document) : new Map(), addOns(declared.document)),
		warnings: [
			...(declared.warnings ?? []),
			...versionStepWarnings(fleet.cluster?.document, declared.document),
			...emptySeats(after),
			...left,
		],
	};
}

function addOnChanges(before: ReadonlyMap<string, Digest>, after: ReadonlyMap<string, Digest>): AddOnChange[] {
	const brought = [...after].flatMap(([object, digest]): AddOnChange[] => {
		if (before.get(object) === digest) return [];
		return [{ object, change: before.has(object) ? "changed" : "added" }];
	});
	const removed = [...before.keys()].filter((object) => !after.has(object));
	return [...brought, ...removed.map((object): AddOnChange => ({ object, change: "removed" }))];
}

/** The fleet after the declaration, when everybody has a seat who gets one. */
function settle(fleet: Fleet, { document, digest }: Declared): Fleet {
	const at = Math.max(fleet.at, fleet.recoverUntil);
	let next = fleet;
	if (fleet.cluster?.digest !== digest) {
		next = record(fleet, [{ type: "cluster-declared", document, digest, by: "plan" }], at).fleet;
	}
	for (let round = 0; round < MAX_ROUNDS; round++) {
		const drafts = decidePlacement(next, at);
		if (drafts.length === 0) break;
		next = record(next, drafts, at).fleet;
	}
	return next;
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
	const what = actionOf({ from, to, old, next, runs: before.machine?.target !== undefined });
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
}

function actionOf({ from, to, old, next, runs }: Sides): Pick<MachineChange, "action" | "reason"> | undefined {
	if (next && !next.ok) {
		if (old && !old.ok && old.reason === next.reason && from?.seq === to?.seq) return undefined;
		const keeps = runs ? "it keeps what it has" : "it gets nothing";
		return { action: "refuse", reason: `no target can be made, so ${keeps}: ${next.reason}` };
	}
	if (!to) return { action: "release", reason: "no seat is left for it" };
	if (!from) return { action: "assign", reason: `it matches slot ${to.slot}` };
	if (from.seq !== to.seq) return { action: "move", reason: `its place was ${placeOf(from)}` };
	if (old?.ok && next && digestOf(old.content) === digestOf(next.content)) return undefined;
	return { action: "update", reason: "its target changes" };
}

function placeOf({ role, slot, seat }: Seat): string {
	return `${role} (${slot}/${seat})`;
}

/** Slots that stay partly empty: the document asks for more machines than match. */
function emptySeats(fleet: Fleet): string[] {
	const held = new Map<string, number>();
	for (const { seat } of fleet.machines.values()) if (seat) held.set(seat.slot, (held.get(seat.slot) ?? 0) + 1);
	return (fleet.cluster?.document.slots ?? []).flatMap(({ name, count }) => {
		const filled = held.get(name) ?? 0;
		return count === "rest" || filled >= count
			? []
			: [`slot ${name}: ${filled} of ${count} seats are filled; no other machine matches`];
	});
}
