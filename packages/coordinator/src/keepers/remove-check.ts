import { KubernetesError } from "../errors.ts";
import { CHECK_NAMESPACE, CHECK_OWNER } from "../render/check/manifests.ts";
import type { CheckParts } from "./check-steps.ts";

const LOOK_MS = 1_000;
/** A namespace may take so many times as long to go as the API may be away: pods have a second to end, volumes a server to answer. */
const TIMES_PATIENCE = 4;
const NAMESPACE = { apiVersion: "v1", kind: "Namespace", name: CHECK_NAMESPACE };

type Removing = Pick<CheckParts, "kubernetes" | "document" | "monotonic" | "patienceMs" | "sleep" | "step" | "tell">;

/**
 * Removes what a check made, and waits until it is gone. `before`: what an earlier one left, of which only trouble is told; `after`: tells that all is free again. False where
 * something stays. An API that is away is asked again.
 */
export async function removeCheck(parts: Removing, when: "before" | "after"): Promise<boolean> {
	const { kubernetes, monotonic, sleep, step, tell } = parts;
	const withinMs = TIMES_PATIENCE * parts.patienceMs;
	const end = monotonic() + withinMs;
	let asked = false;
	let trouble = "";
	for (;;) {
		try {
			const left = await leftOf(parts, when);
			if (left === undefined) {
				if (when === "after") tell({ check: "deletion", state: "ok", text: "everything that the check made is gone" });
				return true;
			}
			if (left === "not ours") {
				if (when === "after") return true;
				const text = `there is a namespace ${CHECK_NAMESPACE} that is not rollcall's`;
				tell({ check: "pods", state: "fail", text, next: "remove or rename it" });
				return false;
			}
			trouble = left;
			if (!asked) await kubernetes.remove(NAMESPACE);
			asked = true;
			step(`removing the pods: ${left}`.slice(0, 256));
		} catch (error) {
			if (!(error instanceof KubernetesError)) throw error;
			trouble = error.message;
		}
		if (monotonic() >= end) break;
		await sleep(LOOK_MS);
	}
	const text = `the namespace ${CHECK_NAMESPACE} is not gone after ${withinMs / 1_000} s: ${trouble}`.slice(0, 1024);
	const next = `kubectl get all -n ${CHECK_NAMESPACE}; the next check removes what is left`;
	tell({ check: "deletion", state: "fail", text, next });
	return false;
}

/** What is still there, in words; undefined where nothing is. */
async function leftOf({ kubernetes, document }: Removing, when: "before" | "after"): Promise<string | undefined> {
	const namespace = await kubernetes.read(NAMESPACE);
	if (namespace) {
		const owned = Object.entries(CHECK_OWNER).every(([key, value]) => namespace.metadata.labels?.[key] === value);
		if (!owned) return "not ours";
		const pods = await kubernetes.pods(CHECK_NAMESPACE);
		const [first] = pods;
		return first ? `${pods.length} pods are there, ${first.name} among them` : "its namespace is there";
	}
	const nfs = document.volumes?.nfs;
	if (when === "before" || nfs?.reclaimPolicy !== "Delete") return undefined;
	const volumes = await kubernetes.volumes(CHECK_NAMESPACE);
	return volumes.length > 0 ? `volume ${volumes[0]} is there` : undefined;
}
