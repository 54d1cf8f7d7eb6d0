import type { NodeState } from "@rollcall/protocol";

/** A Node object, as far as it is looked at. `bootId` is the boot that its kubelet speaks of. */
export interface NodeSeen {
	readonly name: string;
	readonly bootId: string;
	readonly labels: Readonly<Record<string, string>>;
	readonly taints: readonly NodeTaint[];
	/** What was declared of it when it was last put right; absent where it never was. */
	readonly declared?: string | undefined;
	/** Set where no new pod is let onto it since rollcall said so. */
	readonly cordoned?: true | undefined;
	/** Networks of its pods, which cannot be changed. */
	readonly podNetworks: readonly string[];
	/** Of the object; every change of it makes another one. */
	readonly version: string;
	readonly state: NodeState;
}

/** A taint as the API has it (core/v1 Taint): whatever others set is kept. */
export type NodeTaint = Readonly<Record<string, unknown>> & { readonly key: string; readonly effect: string };

/** What is to be changed of a Node. A label that is null goes. */
export interface NodeChange {
	readonly labels: Readonly<Record<string, string | null>>;
	/** All of its taints, where they change. */
	readonly taints?: readonly NodeTaint[] | undefined;
	readonly declared: string;
	/** Networks of its pods, where it has none yet. */
	readonly podNetworks?: readonly string[] | undefined;
}
