import type { ClusterDocument } from "@rollcall/protocol";

/** What to know about the step of a cluster from one pod network to another; empty where it keeps the one that it has. */
export function podNetworkStepWarnings(before: ClusterDocument | undefined, after: ClusterDocument): string[] {
	const [from, to] = [before?.kubernetes.podNetwork, after.kubernetes.podNetwork];
	if (before?.name !== after.name || from === to) return [];
	return [
		`kubernetes.podNetwork goes from ${from} to ${to}: pods that run keep what they have of the network before; boot the machines anew, one after another (rollcall reboot MACHINE --wait)`,
	];
}
