import { z } from "zod";
import type { KubernetesError } from "../../errors.ts";
import type { HttpsLibrary } from "./https-library.ts";
import { readAnswer } from "./read-answer.ts";

/** So many pods are listed of a node; more than kubelet takes by far. */
const MAX_PODS = 1_000;
/** Kubernetes marks the pods that are files on the node with this annotation. */
const MIRROR = "kubernetes.io/config.mirror";

/** Asks the API, and throws what it says. Statuses of `also` are answers too. */
export type Ask = (
	request: Parameters<HttpsLibrary["ask"]>[0],
	about: { readonly kind: string; readonly name: string; readonly namespace?: string },
	also?: readonly number[],
) => Promise<{ readonly status: number; readonly text: string }>;

/** As much of a pod as matters here (core/v1 Pod). */
const Pod = z.object({
	metadata: z.object({
		name: z.string(),
		namespace: z.string(),
		deletionTimestamp: z.string().optional(),
		annotations: z.record(z.string(), z.string()).default({}),
		ownerReferences: z.array(z.object({ kind: z.string(), controller: z.boolean().default(false) })).default([]),
	}),
	status: z.object({ phase: z.string().optional() }).default({}),
});
const Pods = z.object({ items: z.array(Pod) });

/**
 * Asks for the eviction (policy/v1) of every pod on a node that is to go elsewhere, so that budgets for disruption are kept. Pods of
 * daemon sets and of files on the node belong to it and end with it.
 */
export async function evictPods(
	nodeName: string,
	ask: Ask,
): Promise<{ readonly left: number; readonly reason: string }> {
	const query = new URLSearchParams({ fieldSelector: `spec.nodeName=${nodeName}`, limit: String(MAX_PODS) });
	const about = { kind: "Pod", name: "*" };
	const { text } = await ask({ path: `/api/v1/pods?${query}` }, about);
	const pods = readAnswer(Pods, text, about).items.filter(isToLeave);
	let reason = "";
	for (const { metadata } of pods) {
		const { name, namespace, deletionTimestamp } = metadata;
		if (deletionTimestamp !== undefined) {
			reason ||= `pod ${namespace}/${name} is ending`;
			continue;
		}
		const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}/eviction`;
		const body = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name, namespace } };
		try {
			// One that is gone needs nothing.
			await ask({ method: "POST", path, body }, { kind: "Pod", name, namespace }, [404]);
			reason ||= `pod ${namespace}/${name} was asked to leave`;
		} catch (error) {
			const { status, message } = error as KubernetesError;
			if (status === undefined) throw error;
			reason = message;
		}
	}
	return { left: pods.length, reason };
}

function isToLeave({ metadata, status }: z.output<typeof Pod>): boolean {
	if (metadata.annotations[MIRROR] !== undefined) return false;
	if (metadata.ownerReferences.some(({ kind, controller }) => kind === "DaemonSet" && controller)) return false;
	return status.phase !== "Succeeded" && status.phase !== "Failed";
}
