import { type EventDraft, type NodeState, sameJson } from "@rollcall/protocol";
import type { Fleet, Machine } from "../fleet.ts";
import type { InputOf, Verdict } from "../inputs.ts";
import { isDraining, isLeaving } from "../seats/leaving.ts";
import { sameReason } from "./reports.ts";
import { accept, NOTHING, refuse } from "./verdict.ts";

/** As many claims, or objects of manifests, are named in an event. */
const MOST_NAMED = 16;

/**
 * What Kubernetes says of the nodes is recorded for the machines that have their names, when it changes. A node that still
 * speaks of an earlier boot is not ready, whatever it says: its kubelet is gone.
 */
export function nodesSeen(fleet: Fleet, { nodes, names }: InputOf<"nodes-seen">): Verdict {
	const events: EventDraft[] = [];
	const seen = new Set<string>();
	for (const { name, bootId, state } of nodes) {
		const machine = holderOf(fleet, name);
		if (!machine) continue;
		seen.add(machine.machineId);
		const node = bootId === machine.bootId ? state : ofEarlierBoot(state);
		if (!sameNode(machine.node, node))
			events.push({ type: "node-changed", machineId: machine.machineId, bootId: machine.bootId, node });
	}
	const looked = names?.map((name) => holderOf(fleet, name)) ?? fleet.machines.values();
	for (const machine of looked) {
		if (!machine?.node || seen.has(machine.machineId)) continue;
		const { machineId, bootId } = machine;
		events.push({ type: "node-changed", machineId, bootId, node: null });
	}
	return accept(events);
}

function holderOf(fleet: Fleet, nodeName: string): Machine | undefined {
	const machineId = fleet.nodeNames.get(nodeName);
	const machine = machineId === undefined ? undefined : fleet.machines.get(machineId);
	// A machine that leaves still has the node name, but is no node any more.
	return machine?.seat?.nodeName === nodeName ? machine : undefined;
}

/** How a drain stands is recorded when it changes; numbers in it, of pods and seconds, are no news. */
export function drainSeen(fleet: Fleet, input: InputOf<"drain-seen">): Verdict {
	const { machineId, bootId, nodeName, drain, reason } = input;
	const machine = fleet.machines.get(machineId);
	if (!isLeaving(machine) || !isDraining(machine)) return NOTHING;
	const { leaving } = machine;
	if (machine.bootId !== bootId || leaving.nodeName !== nodeName) return NOTHING;
	if (leaving.drain?.state === drain && sameReason(leaving.drain.reason, reason)) return NOTHING;
	return accept([{ type: "drain-changed", machineId, bootId, nodeName, drain, reason, cause: leaving.seq }]);
}

function ofEarlierBoot(state: NodeState): NodeState {
	return { ...state, ready: false, reason: "its kubelet has not reported since the machine booted" };
}

/** Asked of every node every few seconds. */
function sameNode(before: NodeState | undefined, now: NodeState): boolean {
	return (
		before !== undefined &&
		before.ready === now.ready &&
		before.version === now.version &&
		before.pressure.join("\n") === now.pressure.join("\n") &&
		sameReason(before.reason, now.reason)
	);
}

/** The API's state is recorded when it changes. Until it was ready once, it is on its way and no news. */
export function apiSeen(fleet: Fleet, { ready, reason }: InputOf<"api-seen">): Verdict {
	const known = fleet.kubernetes;
	if (!known && !ready) return NOTHING;
	if (known?.ready === ready && (ready || sameReason(known.reason, reason))) return NOTHING;
	return accept([{ type: "api-changed", ready, reason: ready ? "" : reason }]);
}

/** A round is recorded when it brought something about, when others are wanted than before, or when its trouble is new. */
export function addOns(fleet: Fleet, { outcome }: InputOf<"add-ons">): Verdict {
	const known = fleet.kubernetes;
	if (!outcome.ok) {
		if (sameReason(known?.addOnsTrouble, outcome.reason)) return NOTHING;
		return accept([{ type: "add-ons-failed", reason: outcome.reason }]);
	}
	const { digest, objects, drifted, pruned } = outcome;
	const isNews = drifted.length > 0 || pruned.length > 0 || known?.addOnsTrouble !== undefined;
	if (!isNews && known?.addOns?.digest === digest) return NOTHING;
	return accept([{ type: "add-ons-applied", digest, objects, drifted: [...drifted], pruned: [...pruned] }]);
}

/** How a check of the cluster ended, which somebody asked for. */
export function clusterChecked(_fleet: Fleet, { kind: type, ...found }: InputOf<"cluster-checked">): Verdict {
	return accept([{ type, ...found }]);
}

/** Records the claims that wait for ever when they changed. That none waits is recorded only after one did. */
export function claimsSeen(fleet: Fleet, { waiting }: InputOf<"claims-seen">): Verdict {
	const now = { claims: waiting.slice(0, MOST_NAMED), total: waiting.length };
	const known = fleet.kubernetes?.claims ?? { claims: [], total: 0 };
	if (sameJson(known, now)) return NOTHING;
	return accept([{ type: "claims-waiting", ...now }]);
}

/**
 * Whether the manifests of the leader's folder count. They do where they are those that are named; on the coordinator on which those were found
 * others are named by themselves, as long as nothing that is in the cluster is missing. Everything else is told, and waits for a person.
 */
export function manifestsSeen(fleet: Fleet, input: InputOf<"manifests-seen">): Verdict {
	const { digest, objects, coordinatorId, missing } = input;
	const { manifests: known, manifestsDiffer: told } = fleet.kubernetes ?? {};
	const named = { type: "manifests-named", digest, objects, coordinatorId, by: coordinatorId } as const;
	if (known?.digest === digest) {
		if (known.coordinatorId === coordinatorId && !told) return NOTHING;
		return accept([{ ...named, prune: known.prune }]);
	}
	if (missing.length === 0) {
		if (!known && objects === 0) return NOTHING;
		if (!known || known.coordinatorId === coordinatorId) return accept([{ ...named, prune: false }]);
	}
	if (told?.digest === digest && told.coordinatorId === coordinatorId && told.total === missing.length) return NOTHING;
	const { length: total } = missing;
	return accept([
		{ type: "manifests-differ", digest, objects, coordinatorId, missing: missing.slice(0, MOST_NAMED), total },
	]);
}

/** A person says that what was told to differ counts. */
export function manifestsAccept(fleet: Fleet, { by }: InputOf<"manifests-accept">): Verdict {
	const told = fleet.kubernetes?.manifestsDiffer;
	if (!told)
		return refuse({
			code: "conflict",
			message: "the leader's manifests are those that count",
			next: "there is nothing to accept",
		});
	const { digest, objects, coordinatorId } = told;
	return accept([{ type: "manifests-named", digest, objects, coordinatorId, prune: true, by }]);
}
