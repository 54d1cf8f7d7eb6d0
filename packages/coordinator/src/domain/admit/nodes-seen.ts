import type { EventDraft, NodeState } from "@rollcall/protocol";
import { canonicalJson } from "@rollcall/protocol";
import type { Fleet, Machine } from "../fleet.ts";
import type { InputOf, Verdict } from "../inputs.ts";
import { accept } from "./verdict.ts";

/**
 * What Kubernetes says of the nodes is recorded for the machines that have their names, when it changes. A node that still
 * speaks of an earlier boot is not ready, whatever it says: its kubelet is gone.
 */
export function nodesSeen(fleet: Fleet, { nodes }: InputOf<"nodes-seen">): Verdict {
	const events: EventDraft[] = [];
	const seen = new Set<string>();
	for (const { name, bootId, state } of nodes) {
		const machineId = fleet.nodeNames.get(name);
		const machine = machineId === undefined ? undefined : fleet.machines.get(machineId);
		if (!machine) continue;
		seen.add(machine.machineId);
		const node = bootId === machine.bootId ? state : ofEarlierBoot(state);
		if (!same(machine, node))
			events.push({ type: "node-changed", machineId: machine.machineId, bootId: machine.bootId, node });
	}
	for (const { machineId, bootId, node } of fleet.machines.values()) {
		if (node && !seen.has(machineId)) events.push({ type: "node-changed", machineId, bootId, node: null });
	}
	return accept(events);
}

function ofEarlierBoot(state: NodeState): NodeState {
	return { ...state, ready: false, reason: "its kubelet has not reported since the machine booted" };
}

function same({ node }: Machine, now: NodeState): boolean {
	const plain = (state: NodeState | undefined) => state && { ...state, reason: state.reason.replaceAll(/\d+/g, "#") };
	return canonicalJson(plain(node) ?? null) === canonicalJson(plain(now) ?? null);
}
