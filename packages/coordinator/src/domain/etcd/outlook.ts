import type { ClusterDocument, Digest, EventDraft, Timestamp } from "@rollcall/protocol";
import { etcdStepDone } from "../admit/etcd.ts";
import type { Fleet } from "../fleet.ts";
import { forward } from "../targets/forward.ts";
import { release } from "../targets/releases.ts";
import { leavingMembers } from "./leaving.ts";
import { fallbackText } from "./loss.ts";
import { memoryHolders } from "./memory-holders.ts";
import { movesEtcd } from "./moves.ts";
import { names } from "./names.ts";
import { type LostFirst, lostFirst, nextToLeave } from "./next-to-leave.ts";
import { isStill, type Quorum, quorumOf } from "./quorum.ts";
import { nextEtcdStep } from "./steps.ts";

/** More steps than the members of etcd can need. */
const MAX_STEPS = 64;

/** The fleet after a declaration, with all that etcd's members need for it done, and how its votes stood on the way. */
export interface Outlook {
	readonly after: Fleet;
	/** What happens to etcd's quorum, in one sentence; undefined before it was founded. */
	readonly sentence: string | undefined;
}

/** Runs the core forward over a declaration, step by step, as etcd's keeper would. Nothing happens. */
export function outlook(fleet: Fleet, declared: { document: ClusterDocument; digest: Digest }, at: Timestamp): Outlook {
	const { document, digest } = declared;
	const isNew = fleet.cluster?.digest !== digest;
	const drafts: EventDraft[] = isNew ? [{ type: "cluster-declared", document, digest, by: "plan" }] : [];
	if (quorumOf(fleet) && movesEtcd(fleet.cluster?.document, document) && memoryHolders(fleet).length > 0) {
		const loss = fleet.cluster?.document.name === document.name ? fallbackText(fleet, at) : "all of its data is lost";
		return {
			after: forward(fleet, drafts, at),
			sentence: `etcd cannot go on under this document: ${loss}; apply refuses it without --accept-loss etcd`,
		};
	}
	return outlookAfter(fleet, drafts, at);
}

/** The same for any events. */
export function outlookAfter(fleet: Fleet, drafts: readonly EventDraft[], at: Timestamp): Outlook {
	const before = quorumOf(fleet);
	let after = forward(fleet, drafts, at);
	if (!before) return { after, sentence: undefined };
	if (isStill(before))
		return { after, sentence: `etcd has no majority now (rollcall etcd risk), so none of its members changes` };
	const path: Quorum[] = [before];
	const gone: LostFirst[] = [];
	for (let steps = 0; steps < MAX_STEPS; steps++) {
		const step = nextEtcdStep(after);
		const [lost] = step ? [] : lostFirst(after);
		if (lost) {
			gone.push(lost);
			after = forward(after, [release(after, lost.machine, "to see who would follow")], at);
			continue;
		}
		if (!step || step.kind === "found" || step.kind === "restore") break;
		const { events } = etcdStepDone(after, { kind: "etcd-step-done", step, cluster: [] });
		if (events.length === 0) break;
		after = forward(after, events, at);
		const quorum = quorumOf(after);
		if (!quorum) break;
		path.push(quorum);
	}
	return { after, sentence: [pathText(path), ...lostTexts(gone, at), ...stuckTexts(after)].join("; ") };
}

/** Who goes first since he is lost. */
function lostTexts(gone: readonly LostFirst[], at: Timestamp): string[] {
	return gone.map(({ machine, until }) => {
		const left = Math.ceil((until - at) / 1000);
		return `${machine.seat.nodeName} is lost and goes first${left > 0 ? `, unless it is back within ${left} s` : ""}`;
	});
}

/** Whose seats the document takes away, and who stays all the same since etcd would have no majority without him. */
function stuckTexts(after: Fleet): string[] {
	const stay = nextToLeave(after) ? [] : leavingMembers(after);
	const quorum = stay.length > 0 ? quorumOf(after) : undefined;
	const away = (quorum?.voters ?? []).filter((one) => !quorum?.healthy.includes(one));
	if (away.length === 0) return [];
	const list = (members: typeof stay): string => names(members.map(({ nodeName }) => nodeName));
	return [
		`${list(stay)} ${stay.length === 1 ? "stays" : "stay"}, without whom etcd would have no majority: bring ${list(away)} back, or rollcall remove what is gone for good`,
	];
}

function pathText(path: readonly Quorum[]): string {
	const counts = path.map(({ count }) => count).filter((count, index, all) => count !== all[index - 1]);
	const least = Math.min(...path.map(({ healthy, needs }) => healthy.length - needs));
	const [first = 0, last = first] = [counts[0], counts.at(-1)];
	const margin = least > 0 ? `${least} of them may fail at any time` : "none of them may fail meanwhile";
	if (counts.length === 1) return `etcd keeps its ${members(first)}, and all of its data; ${margin}`;
	return `etcd goes from ${members(first)} to ${members(last)}, one change after the other (${counts.join(", ")}); a majority votes all the time, no data is lost, and ${margin}`;
}

function members(count: number): string {
	return count === 1 ? "one member" : `${count} members`;
}
