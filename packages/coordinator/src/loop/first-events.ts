import type { ClusterDocument, Digest, EtcdSnapshot, EventDraft, Timestamp } from "@rollcall/protocol";
import { RECOVERY_MS } from "../domain/log/log-doubt.ts";

/** What a log begins with. */
export interface Beginning {
	/** True when this fleet had a log before: its keys are older than the log. */
	readonly hadLog: boolean;
	/** The document that was declared last, kept outside of the log. */
	readonly document?: { readonly document: ClusterDocument; readonly digest: Digest } | undefined;
	/** Snapshots of etcd that are there although the log is new. */
	readonly snapshots?: readonly EtcdSnapshot[];
	/** The operator's first token, by its hash. */
	readonly adminTokenHash: Digest;
}

/** The first events of an empty log. */
export function firstEvents(beginning: Beginning, at: Timestamp): EventDraft[] {
	const by = beginning.hadLog ? "recovery" : "first start";
	const drafts: EventDraft[] = [
		{ type: "log-started", recovering: beginning.hadLog, recoverUntil: beginning.hadLog ? at + RECOVERY_MS : at },
		{ type: "token-created", tokenId: "admin", hash: beginning.adminTokenHash, scope: "admin", labels: {}, by },
	];
	if (beginning.document) drafts.push({ type: "cluster-declared", ...beginning.document, by });
	const { snapshots = [] } = beginning;
	if (snapshots.length > 0) drafts.push({ type: "etcd-snapshots-found", snapshots: [...snapshots] });
	return drafts;
}
