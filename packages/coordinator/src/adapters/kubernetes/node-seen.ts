import type { V1Node } from "@kubernetes/client-node";
import type { NodeSeen } from "../../ports.ts";

/** What is looked at of a Node object. Texts are cut to what an event takes. */
export function nodeSeen({ metadata, status }: V1Node): NodeSeen {
	const conditions = status?.conditions ?? [];
	const ready = conditions.find(({ type }) => type === "Ready");
	const isReady = ready?.status === "True";
	const why = ready ? `${ready.reason ?? "NotReady"}: ${ready.message ?? ""}` : "kubelet has not reported yet";
	return {
		name: metadata?.name ?? "",
		bootId: status?.nodeInfo?.bootID ?? "",
		labels: metadata?.labels ?? {},
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
