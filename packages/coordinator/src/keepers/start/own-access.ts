import { makeClientPair } from "../../adapters/pki/client-pair.ts";
import { COORDINATOR, type Fleet } from "../../domain/fleet.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Core } from "../../ports/core.ts";
import type { KubernetesAccess } from "../../ports/kubernetes.ts";
import type { Pki } from "../../ports/pki.ts";
import { MASTERS } from "../../render/certificates.ts";
import { clusterAccess } from "./cluster-access.ts";

/** Life of the coordinator's own certificate for the API, in seconds; replaced after two thirds of it. Its key never leaves memory. */
const CERTIFICATE_SECONDS = 3600;

/** How this coordinator reaches the cluster's API, with a certificate of its own that all who ask share. Undefined while there is nothing to reach. */
export type OwnAccess = (fleet: Fleet) => Promise<KubernetesAccess | undefined>;

/** The same way for all who ask; its certificate is made when the first one does. */
export function ownAccess({ core, clock, pki }: { core: Core; clock: Clock; pki: Pki }): OwnAccess {
	const trustOf = (fleet: Fleet) => fleet.trust?.trust;
	return clusterAccess({
		identity: trustOf,
		monotonic: () => clock.monotonic(),
		pair: async (fleet) => {
			const trust = trustOf(fleet);
			if (!trust) return undefined;
			const wish = { name: "coordinator", commonName: "rollcall:coordinator", lifeSeconds: CERTIFICATE_SECONDS };
			const pair = await makeClientPair(pki, trust, { ...wish, organizations: [MASTERS] });
			// As all certificates, it is recorded before it is used.
			const { issued: certificate } = pair;
			const { kind } = await core.submit({ kind: "operator-certificate", certificate, by: COORDINATOR });
			return kind === "ok" ? pair : undefined;
		},
	});
}
