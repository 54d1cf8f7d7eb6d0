import type { EventDraft, NodeState } from "@rollcall/protocol";
import type { Fleet, Machine } from "../fleet.ts";
import type { InputOf, Verdict } from "../inputs.ts";
import { accept } from "./verdict.ts";

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
		if (!same(machine.node, node))
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
	return machineId === undefined ? undefined : fleet.machines.get(machineId);
}

function ofEarlierBoot(state: NodeState): NodeState {
	return { ...state, ready: false, reason: "its kubelet has not reported since the machine booted" };
}

/** Numbers in reasons tell the time, and are no news. Asked of every node every few seconds. */
function same(before: NodeState | undefined, now: NodeState): boolean {
	const plain = (reason: string) => reason.replaceAll(/\d+/g, "#");
	return (
		before !== undefined &&
		before.ready === now.ready &&
		before.version === now.version &&
		before.pressure.join("\n") === now.pressure.join("\n") &&
		(before.reason === now.reason || plain(before.reason) === plain(now.reason))
	);
}
