import type { Logger } from "pino";
import { readManifestFolder } from "../adapters/files/manifest-folder.ts";
import { makeClientPair } from "../adapters/pki/client-pair.ts";
import { COORDINATOR, type Fleet } from "../domain/fleet.ts";
import type { SummaryIfKnown } from "../domain/observed.ts";
import { behind, mustRewrite } from "../domain/rotation.ts";
import { ClusterKeeper } from "../loop/cluster-keeper.ts";
import type { Clock, Core, Pki } from "../ports.ts";
import { clusterAccess } from "./cluster-access.ts";

/** The group that the API lets do everything before any role exists: somebody has to apply the first one. */
const MASTERS = "system:masters";
/** Life of the coordinator's own certificate for the API, in seconds; replaced after two thirds of it. Its key never leaves memory. */
const CERTIFICATE_SECONDS = 3600;

/** What keeping the cluster's API needs of a coordinator. */
export interface KeeperParts {
	readonly core: Core;
	readonly clock: Clock;
	readonly pki: Pki;
	readonly log: Logger;
	readonly summarize: SummaryIfKnown;
	/** Folder with the operator's own manifests. */
	readonly manifests?: string | undefined;
}

/** Begins to keep the cluster's API as it is to be. Returns how to end it. */
export function startClusterKeeper({ core, clock, pki, log, summarize, manifests }: KeeperParts): () => Promise<void> {
	const trustOf = (fleet: Fleet) => fleet.trust?.trust;
	const keeper = new ClusterKeeper({
		core,
		clock,
		access: clusterAccess({
			identity: trustOf,
			monotonic: () => clock.monotonic(),
			pair: async (fleet) => {
				const trust = trustOf(fleet);
				if (!trust) return undefined;
				const wish = { name: "coordinator", commonName: "rollcall:coordinator", lifeSeconds: CERTIFICATE_SECONDS };
				const pair = await makeClientPair(pki, trust, { ...wish, organizations: [MASTERS] });
				// As with all others, what was issued is recorded before it is used.
				const { issued: certificate } = pair;
				const { kind } = await core.submit({ kind: "operator-certificate", certificate, by: COORDINATOR });
				return kind === "ok" ? pair : undefined;
			},
		}),
		// Loaded when there is a cluster: the client is large, and many coordinators rehearse only.
		connect: async (reach) => (await import("../adapters/kubernetes/kubernetes.ts")).createKubernetes(reach),
		mayRewrite: (fleet) => mustRewrite(fleet) && behind(fleet, summarize, clock.now()).length === 0,
		ownManifests: async () => (manifests === undefined ? [] : readManifestFolder(manifests)),
		onTrouble: (what, error) => log.warn({ err: error }, what),
	});
	keeper.start();
	const unsubscribe = core.subscribe(({ type }) => {
		if (type === "cluster-declared") keeper.wake();
	});
	return async () => {
		unsubscribe();
		await keeper.stop();
	};
}
