import type { Event, EventOf, EventType } from "@rollcall/protocol";
import { applyCertified, applyOperatorCertificate, applySecretsRewritten, applyTrust } from "./apply/certificates.ts";
import { applyCluster, applyLeader, applyLogStarted } from "./apply/cluster.ts";
import {
	applyEtcdAdded,
	applyEtcdFounded,
	applyEtcdPromoted,
	applyEtcdRemoved,
	applyEtcdRemoving,
} from "./apply/etcd.ts";
import {
	applyRestoreChosen,
	applyRestoring,
	applySnapshotFailed,
	applySnapshotsFound,
	applySnapshotsPruned,
	applySnapshotTaken,
} from "./apply/etcd-snapshots.ts";
import { applyEnrolled, applyFactsChanged, applyFenced, applyFencedSpoke, applyRemoved } from "./apply/incarnations.ts";
import {
	applyAddOnsApplied,
	applyAddOnsFailed,
	applyApiChanged,
	applyClaimsWaiting,
	applyNodeChanged,
} from "./apply/kubernetes.ts";
import {
	applyApproved,
	applyLabelled,
	applyLease,
	applyNoted,
	applyPinned,
	applyRejected,
	applyStuck,
} from "./apply/machines.ts";
import { applyAdopted, applyAssigned, applyReleased } from "./apply/seats.ts";
import {
	applyCommandEnded,
	applyCommandIssued,
	applyExpired,
	applyGenerationRaised,
	applyHealth,
	applyImpossible,
	applyIssued,
	applyProgress,
} from "./apply/targets.ts";
import { applyTokenCreated, applyTokenRevoked } from "./apply/tokens.ts";
import type { Fleet } from "./fleet.ts";

type Appliers = { readonly [T in EventType]: (fleet: Fleet, event: EventOf<T>) => Fleet };

const APPLIERS: Appliers = {
	"log-started": applyLogStarted,
	"leader-elected": applyLeader,
	"cluster-declared": applyCluster,
	"token-created": applyTokenCreated,
	"token-revoked": applyTokenRevoked,
	"enrollment-refused": (fleet) => fleet,
	"machine-enrolled": applyEnrolled,
	"identity-conflict": applyNoted,
	"machine-approved": applyApproved,
	"machine-rejected": applyRejected,
	"machine-labelled": applyLabelled,
	"machine-removed": applyRemoved,
	"facts-changed": applyFactsChanged,
	"incarnation-fenced": applyFenced,
	"fenced-incarnation-spoke": applyFencedSpoke,
	"lease-changed": applyLease,
	"role-pinned": applyPinned,
	"machine-assigned": applyAssigned,
	"machine-released": applyReleased,
	"assignment-adopted": applyAdopted,
	"generation-raised": applyGenerationRaised,
	"target-issued": applyIssued,
	"target-impossible": applyImpossible,
	"target-progress": applyProgress,
	"target-expired": applyExpired,
	"health-changed": applyHealth,
	"trust-changed": applyTrust,
	"secrets-rewritten": applySecretsRewritten,
	"certificates-issued": applyCertified,
	"etcd-snapshot-taken": applySnapshotTaken,
	"etcd-snapshot-failed": applySnapshotFailed,
	"etcd-snapshots-pruned": applySnapshotsPruned,
	"etcd-snapshots-found": applySnapshotsFound,
	"etcd-restore-chosen": applyRestoreChosen,
	"etcd-restoring": applyRestoring,
	"operator-certificate-issued": applyOperatorCertificate,
	"etcd-founded": applyEtcdFounded,
	"etcd-member-added": applyEtcdAdded,
	"etcd-member-promoted": applyEtcdPromoted,
	"etcd-members-removing": applyEtcdRemoving,
	"etcd-member-removed": applyEtcdRemoved,
	"command-issued": applyCommandIssued,
	"command-ended": applyCommandEnded,
	"node-changed": applyNodeChanged,
	"api-changed": applyApiChanged,
	"add-ons-applied": applyAddOnsApplied,
	"add-ons-failed": applyAddOnsFailed,
	"claims-waiting": applyClaimsWaiting,
	"boot-refused": (fleet) => fleet,
	"boot-stuck": applyStuck,
	"machine-booted": applyNoted,
};

/**
 * One step of the fold. Total: an event that does not fit the state (an unknown machine, a seat that somebody holds) only
 * advances `seq` and `at`; one that is already in the state changes nothing. The result shares what did not change.
 */
export function apply(fleet: Fleet, event: Event): Fleet {
	if (event.seq <= fleet.seq) return fleet;
	const advanced: Fleet = { ...fleet, seq: event.seq, at: Math.max(fleet.at, event.at) };
	const applier = APPLIERS[event.type] as ((fleet: Fleet, event: Event) => Fleet) | undefined;
	// A log written by a newer program may hold types that this one does not know.
	return applier ? applier(advanced, event) : advanced;
}
