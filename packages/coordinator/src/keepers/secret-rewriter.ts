import { mustRewrite } from "../domain/certificates/rotation.ts";
import { membersOf } from "../domain/networks/members.ts";
import { KubernetesError } from "../errors.ts";
import type { Core } from "../ports/core.ts";
import type { Kubernetes } from "../ports/kubernetes.ts";
import { apiServerTrust } from "../render/trust-digest.ts";

/** Names of pods that kubelet shows for static ones: the static pod's and the node's. */
const API_SERVER = "kube-apiserver";

/**
 * Writes all Secrets of the cluster anew after the key that encrypts them has changed, a page at a time, so that the old key
 * can go. Begins with the first again when it was interrupted: what is encrypted with the new key already is left alone by
 * the API.
 */
export class SecretRewriter {
	readonly #core: Pick<Core, "fleet" | "submit">;
	#key: string | undefined;
	#from: string | undefined;
	#done = 0;

	constructor(core: Pick<Core, "fleet" | "submit">) {
		this.#core = core;
	}

	/**
	 * The next page, where there is something to do. True when another one is left. Nothing is done while an API server may run
	 * that would still write with the old key.
	 */
	async next(kubernetes: Pick<Kubernetes, "read" | "rewriteSecrets">): Promise<boolean> {
		const fleet = this.#core.fleet();
		const trust = fleet.trust?.trust;
		if (!trust || !mustRewrite(fleet)) return false;
		if (this.#key !== trust.encryption) {
			this.#begin(trust.encryption);
			for (const { nodeName } of membersOf(fleet, "control-plane")) {
				const ref = { apiVersion: "v1", kind: "Pod", namespace: "kube-system", name: `${API_SERVER}-${nodeName}` };
				const pod = (await kubernetes.read(ref)) as PodSeen | undefined;
				if (runsWith(pod, apiServerTrust(trust)["rollcall/trust"])) continue;
				this.#key = undefined;
				return false;
			}
		}
		try {
			const { count, next } = await kubernetes.rewriteSecrets(this.#from);
			this.#done += count;
			this.#from = next;
		} catch (error) {
			// The list is older than the API remembers.
			if (!(error instanceof KubernetesError) || error.status !== 410) throw error;
			this.#begin(trust.encryption);
			return true;
		}
		if (this.#from !== undefined) return true;
		await this.#core.submit({ kind: "secrets-rewritten", key: trust.encryption, secrets: this.#done });
		this.#key = undefined;
		return false;
	}

	#begin(key: string): void {
		this.#key = key;
		this.#from = undefined;
		this.#done = 0;
	}
}

/** As much of a pod as is looked at (core/v1 Pod). */
interface PodSeen {
	readonly metadata: { readonly annotations?: Readonly<Record<string, string>> };
	readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

/** True when this very pod is ready: kubelet shows an earlier one under the same name until it has ended. */
function runsWith(pod: PodSeen | undefined, digest: string): boolean {
	const ready = pod?.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True");
	return ready === true && pod?.metadata.annotations?.["rollcall/trust"] === digest;
}
