import { eventually } from "@rollcall/test-support/eventually";
import type { LabMachine } from "../lab/machine.ts";
import type { RealCluster } from "./real-cluster.ts";

/** An emulated control plane on a busy computer. */
export const READY_MS = 900_000;

/** A Node, as far as it is looked at (core/v1). */
export interface KubernetesNode {
	readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
	readonly spec: { readonly podCIDR?: string; readonly taints?: readonly { readonly key: string }[] };
	readonly status: { readonly addresses: readonly { readonly type: string; readonly address: string }[] };
}

/** True for a node of a control plane. */
export const isControl = ({ metadata }: KubernetesNode): boolean =>
	"node-role.kubernetes.io/control-plane" in metadata.labels;

/** Waits until a machine is ready and Kubernetes says the same of its node. Seconds since it was called. */
export async function ready({ host, view }: RealCluster, machine: LabMachine): Promise<number> {
	const from = Date.now();
	await eventually(
		`${machine.name} to be ready`,
		async () => {
			const seen = (await view(machine))?.machine;
			if (seen?.phase === "ready" && seen.node?.ready) return seen;
			const words = [seen?.reason, JSON.stringify(seen?.node), await machine.consoleTail(10)];
			throw new Error(words.join("\n"));
		},
		READY_MS,
		2_000,
	).catch((error: unknown) => {
		// A test shows no causes.
		const why = error instanceof Error ? error.message : String(error);
		throw new Error(`${why}\n${host.output().slice(-4000)}`, { cause: error });
	});
	return Math.round((Date.now() - from) / 1000);
}

/** Cuts a machine's power, and waits until the coordinator counts it as lost: what it says afterwards is of the next boot. */
export async function lost({ view }: RealCluster, machine: LabMachine): Promise<void> {
	await machine.cutPower();
	await eventually(
		`${machine.name} to be lost`,
		async () => (await view(machine))?.machine.phase === "lost" || undefined,
		READY_MS,
		1_000,
	);
}
