import type { Logger } from "pino";
import { readManifestFolder } from "../../adapters/files/manifest-folder.ts";
import { readSigningRequest } from "../../adapters/pki/signing-request.ts";
import { behind, mustRewrite } from "../../domain/certificates/rotation.ts";
import type { RenderTarget, SummaryIfKnown } from "../../domain/observed.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Core } from "../../ports/core.ts";
import type { Pki } from "../../ports/pki.ts";
import { knownNode } from "../../render/known-node.ts";
import { ClusterKeeper } from "../cluster-keeper.ts";
import { RequestSigner } from "../request-signer.ts";
import { toldTo } from "../rounds.ts";
import type { OwnAccess } from "./own-access.ts";

/** After these the API is looked at without waiting: another document, a seat lost, a boot that is over. */
const WAKE: ReadonlySet<string> = new Set([
	"cluster-declared",
	"machine-released",
	"machine-removed",
	"incarnation-fenced",
	"manifests-named",
]);

/** What keeping the cluster's API needs of a coordinator. */
export interface KeeperParts {
	readonly coordinatorId: string;
	readonly core: Core;
	readonly clock: Clock;
	readonly pki: Pki;
	readonly access: OwnAccess;
	readonly log: Logger;
	readonly summarize: SummaryIfKnown;
	readonly render: RenderTarget;
	/** Life of a certificate that is signed for others, at most. */
	readonly certificateSeconds: number;
	/** Folder with the operator's own manifests. */
	readonly manifests?: string | undefined;
}

/** Begins to keep the cluster's API as it is to be. Returns how to end it. */
export function startClusterKeeper(parts: KeeperParts): () => Promise<void> {
	const { coordinatorId, core, clock, access, log, summarize, manifests } = parts;
	const keeper = new ClusterKeeper({
		coordinatorId,
		core,
		clock,
		access,
		// Loaded when there is a cluster: the client is large, and many coordinators rehearse only.
		connect: async (reach) => (await import("../../adapters/kubernetes/kubernetes.ts")).createKubernetes(reach),
		mayRewrite: (fleet) => mustRewrite(fleet) && behind(fleet, summarize, clock.now()).length === 0,
		ownManifests: async () => (manifests === undefined ? [] : readManifestFolder(manifests)),
		requests: requestSigner(parts),
		onTrouble: toldTo(log),
	});
	keeper.start();
	const unsubscribe = core.subscribe((event) => {
		if (WAKE.has(event.type) || (event.type === "lease-changed" && event.lease === "lost")) keeper.wake();
	});
	return async () => {
		unsubscribe();
		await keeper.stop();
	};
}

function requestSigner({ core, clock, pki, log, render, certificateSeconds }: KeeperParts): RequestSigner {
	return new RequestSigner({
		core,
		clock,
		read: readSigningRequest,
		node: (fleet, name) => knownNode({ fleet, render, at: clock.now() }, name),
		sign(fleet, { expiresInSeconds = certificateSeconds, ...order }) {
			const trust = fleet.trust?.trust;
			if (!trust) throw new Error("the fleet has no keys of its own yet");
			const lifeSeconds = Math.min(expiresInSeconds, certificateSeconds);
			return pki.certify(trust, {
				...order,
				authority: trust.authorities.cluster.signing,
				keys: "common",
				lifeSeconds,
			});
		},
		onTrouble: toldTo(log),
	});
}
