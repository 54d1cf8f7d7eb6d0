import type { MachineId } from "@rollcall/protocol";
import type { Fleet } from "../../domain/fleet.ts";
import { membersOf } from "../../domain/networks/members.ts";
import type { KubernetesAccess } from "../../ports/kubernetes.ts";
import { urlHost } from "../../render/node.ts";

/** A client's certificate and key with the cluster's authorities, PEM, and how long it is good. */
export interface Pair {
	readonly ca: string;
	readonly cert: string;
	readonly key: string;
	readonly expiresInSeconds: number;
}

/** After this part of its life a certificate is replaced. */
const RENEW_AFTER = 2 / 3;

/**
 * Finds the cluster's API: the declared endpoint, else the control planes themselves. None while no real machine is a control
 * plane: rehearsed ones answer no API. `pair` makes a certificate; it is asked again when the last one gets old or
 * `identity` (what it is made from) changes.
 */
export function clusterAccess(parts: {
	readonly pair: (fleet: Fleet) => Promise<Pair | undefined>;
	readonly identity: (fleet: Fleet) => unknown;
	readonly monotonic: () => number;
}): (fleet: Fleet) => Promise<KubernetesAccess | undefined> {
	let kept: { readonly pair: Pair; readonly identity: unknown; readonly until: number } | undefined;
	return async (fleet) => {
		const servers = apiServers(fleet);
		if (servers.length === 0) return undefined;
		const identity = parts.identity(fleet);
		if (!kept || kept.identity !== identity || parts.monotonic() >= kept.until) {
			const pair = await parts.pair(fleet);
			if (!pair) return undefined;
			kept = { pair, identity, until: parts.monotonic() + pair.expiresInSeconds * 1000 * RENEW_AFTER };
		}
		const { ca, cert, key } = kept.pair;
		return { servers, ca, cert, key };
	};
}

/** URLs of the API servers that can be expected to answer. */
export function apiServers(fleet: Fleet): string[] {
	const document = fleet.cluster?.document;
	if (!document) return [];
	const { endpoint, port } = document.controlPlane;
	const real = membersOf(fleet, "control-plane").filter(({ nodeName }) => {
		const machine = machineOf(fleet, fleet.nodeNames.get(nodeName));
		return machine && !machine.facts.rehearsal && machine.target !== undefined;
	});
	if (real.length === 0) return [];
	if (endpoint !== undefined) return [`https://${urlHost(endpoint)}:${port}`];
	return real.map(({ address }) => `https://${urlHost(address)}:${port}`);
}

function machineOf(fleet: Fleet, machineId: MachineId | undefined) {
	return machineId === undefined ? undefined : fleet.machines.get(machineId);
}
