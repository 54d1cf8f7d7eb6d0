import type { Event, EventOf, EventType, MachineId } from "@rollcall/protocol";
import {
	applyCertified,
	applyOperatorCertificate,
	applySecretsRewritten,
	applyTrust,
	applyValidity,
} from "./apply/certificates.ts";
import {
	applyClockStepped,
	applyCluster,
	applyLeader,
	applyLogAccepted,
	applyLogDoubted,
	applyLogFilling,
	applyLogStarted,
} from "./apply/cluster.ts";
import {
	applyEtcdAdded,
	applyEtcdFounded,
	applyEtcdMemory,
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
import { applyAllowed, applyHeld } from "./apply/held.ts";
import {
	applyEnrolled,
	applyFactsChanged,
	applyFenced,
	applyFencedSpoke,
	applyHellosCut,
	applyRemoved,
} from "./apply/incarnations.ts";
import {
	applyAddOnsApplied,
	applyAddOnsFailed,
	applyApiChanged,
	applyClaimsWaiting,
	applyManifestsDiffer,
	applyManifestsNamed,
	applyNodeChanged,
} from "./apply/kubernetes.ts";
import { applyDrain } from "./apply/leaving.ts";
import { applyListeners, applyListenersBelieved } from "./apply/listeners.ts";
import {
	applyApproved,
	applyCompromised,
	applyConflict,
	applyLabelled,
	applyLease,
	applyMachineClock,
	applyNoted,
	applyObserved,
	applyPinned,
	applyRejected,
	applyStuck,
} from "./apply/machines.ts";
import { applyDealt } from "./apply/pod-networks.ts";
import { applyAdopted, applyAssigned, applyReleased, applyReseated, applySeatsEmpty } from "./apply/seats.ts";
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
import { applyTokenCreated, applyTokenEnding, applyTokenRevoked, applyTokensUsed } from "./apply/tokens.ts";
import type { Fleet } from "./fleet.ts";

type Appliers = { readonly [T in EventType]: (fleet: Fleet, event: EventOf<T>) => Fleet };

const APPLIERS: Appliers = {
	"log-started": applyLogStarted,
	"log-doubted": applyLogDoubted,
	"log-accepted": applyLogAccepted,
	"log-filling": applyLogFilling,
	"log-compacted": (fleet) => fleet,
	"leader-elected": applyLeader,
	"clock-stepped": applyClockStepped,
	"cluster-declared": applyCluster,
	"token-created": applyTokenCreated,
	"token-revoked": applyTokenRevoked,
	"tokens-used": applyTokensUsed,
	"token-ending": applyTokenEnding,
	"change-made": (fleet) => fleet,
	"requests-refused": (fleet) => fleet,
	"enrollment-refused": (fleet) => fleet,
	"machine-enrolled": applyEnrolled,
	"boot-held": applyHeld,
	"boot-allowed": applyAllowed,
	"boot-observed": applyObserved,
	"identity-conflict": applyConflict,
	"machine-approved": applyApproved,
	"machine-rejected": applyRejected,
	"machine-compromised": applyCompromised,
	"machine-labelled": applyLabelled,
	"machine-removed": applyRemoved,
	"facts-changed": applyFactsChanged,
	"hellos-cut": applyHellosCut,
	"incarnation-fenced": applyFenced,
	"fenced-incarnation-spoke": applyFencedSpoke,
	"machine-clock-changed": applyMachineClock,
	"lease-changed": applyLease,
	"role-pinned": applyPinned,
	"machine-assigned": applyAssigned,
	"machine-released": applyReleased,
	"machine-reseated": applyReseated,
	"seats-empty": applySeatsEmpty,
	"pod-networks-dealt": applyDealt,
	"drain-changed": applyDrain,
	"assignment-adopted": applyAdopted,
	"generation-raised": applyGenerationRaised,
	"target-issued": applyIssued,
	"target-impossible": applyImpossible,
	"target-progress": applyProgress,
	"target-expired": applyExpired,
	"health-changed": applyHealth,
	"trust-changed": applyTrust,
	"listeners-changed": applyListeners,
	"listeners-believed": applyListenersBelieved,
	"secrets-rewritten": applySecretsRewritten,
	"certificates-issued": applyCertified,
	"certificate-validity-changed": applyValidity,
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
	"etcd-memory-changed": applyEtcdMemory,
	"command-issued": applyCommandIssued,
	"command-ended": applyCommandEnded,
	"node-changed": applyNodeChanged,
	"api-changed": applyApiChanged,
	"add-ons-applied": applyAddOnsApplied,
	"add-ons-failed": applyAddOnsFailed,
	"manifests-named": applyManifestsNamed,
	"manifests-differ": applyManifestsDiffer,
	"claims-waiting": applyClaimsWaiting,
	"cluster-checked": (fleet) => fleet,
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
	return applier ? countWaiting(advanced, applier(advanced, event), event) : advanced;
}

/** Counts the machines that wait for approval: an event changes the approval of the machine that it is about, and of no other. */
function countWaiting(before: Fleet, after: Fleet, event: Event): Fleet {
	if (before.machines === after.machines || !("machineId" in event) || event.machineId === undefined) return after;
	const waits = ({ machines }: Fleet) => Number(machines.get(event.machineId as MachineId)?.approval === "waiting");
	const change = waits(after) - waits(before);
	return change === 0 ? after : { ...after, waiting: after.waiting + change };
}
