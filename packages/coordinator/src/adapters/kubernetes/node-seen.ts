import type { V1Node, V1Taint } from "@kubernetes/client-node";
import type { NodeSeen, NodeTaint } from "../../render/seen-node.ts";

/** The annotation that says what was declared of a Node when it was last put right. */
export const DECLARED = "rollcall/declared";

/** The annotation that says that it was rollcall who let no new pod onto a Node. */
export const CORDONED = "rollcall/cordoned";

/** What is looked at of a Node object. Texts are cut to what an event takes. */
export function nodeSeen({ metadata, spec, status }: V1Node): NodeSeen {
	const conditions = status?.conditions ?? [];
	const ready = conditions.find(({ type }) => type === "Ready");
	const isReady = ready?.status === "True";
	const why = ready ? `${ready.reason ?? "NotReady"}: ${ready.message ?? ""}` : "kubelet has not reported yet";
	return {
		name: metadata?.name ?? "",
		bootId: status?.nodeInfo?.bootID ?? "",
		labels: metadata?.labels ?? {},
		taints: (spec?.taints ?? []).map(taintSeen),
		...(metadata?.annotations?.[DECLARED] === undefined ? {} : { declared: metadata.annotations[DECLARED] }),
		...(spec?.unschedulable && metadata?.annotations?.[CORDONED] !== undefined ? { cordoned: true as const } : {}),
		podNetworks: spec?.podCIDRs ?? (spec?.podCIDR === undefined ? [] : [spec.podCIDR]),
		version: metadata?.resourceVersion ?? "",
		state: {
			ready: isReady,
			reason: isReady ? "" : why.slice(0, 512),
			version: (status?.nodeInfo?.kubeletVersion ?? "").slice(0, 64),
			pressure: conditions
				.filter(({ type, status }) => type !== "Ready" && status === "True")
				.map(({ type }) => type.slice(0, 64))
				.sort()
				.slice(0, 16),
		},
	};
}

/** In a list times are read, in a watch they are texts: one form, so that equal taints are equal. */
function taintSeen({ timeAdded, ...taint }: V1Taint): NodeTaint {
	return { ...taint, ...(timeAdded === undefined ? {} : { timeAdded: new Date(timeAdded).toISOString() }) };
}
