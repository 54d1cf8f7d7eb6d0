import type { Timestamp } from "@rollcall/protocol";
import {
	certify,
	changeListeners,
	changeTrust,
	listenersBelieved,
	operatorCertificate,
	secretsRewritten,
} from "./admit/certificates.ts";
import { declare, logAccept, logCompacted, logFlawed, logMeasured } from "./admit/cluster.ts";
import { command, commandFailed } from "./admit/commands.ts";
import { enroll } from "./admit/enroll.ts";
import {
	etcdChoose,
	etcdPrune,
	etcdRemoving,
	etcdSnapshot,
	etcdSnapshotFailed,
	etcdSnapshotsThere,
	etcdStepDone,
} from "./admit/etcd.ts";
import { hello } from "./admit/hello.ts";
import {
	addOns,
	apiSeen,
	claimsSeen,
	clusterChecked,
	drainSeen,
	manifestsAccept,
	manifestsSeen,
	nodesSeen,
} from "./admit/kubernetes.ts";
import { approve, boot, compromised, label, pinRole, reject, remove, seatsEmpty } from "./admit/machines.ts";
import { bye, report, strayBeat } from "./admit/reports.ts";
import { accessSeen, createToken, revokeToken } from "./admit/tokens.ts";
import { NOTHING, refuse } from "./admit/verdict.ts";
import { guard, isGuarded } from "./etcd/guard.ts";
import { fitInput } from "./fit-input.ts";
import type { Fleet } from "./fleet.ts";
import type { Input, InputOf, Verdict } from "./inputs.ts";

type Admitters = {
	readonly [K in Input["kind"]]: (fleet: Fleet, input: InputOf<K>, at: Timestamp) => Verdict;
};

const ADMITTERS: Admitters = {
	enroll,
	hello,
	report,
	bye,
	"log-flawed": logFlawed,
	"log-compacted": logCompacted,
	"log-measured": logMeasured,
	"log-accept": logAccept,
	"seats-empty": seatsEmpty,
	"manifests-seen": manifestsSeen,
	"manifests-accept": manifestsAccept,
	"stray-beat": strayBeat,
	declare,
	approve,
	reject,
	compromised,
	"pin-role": pinRole,
	label,
	remove,
	"create-token": createToken,
	"revoke-token": revokeToken,
	command,
	"command-failed": commandFailed,
	certify,
	"etcd-step-done": etcdStepDone,
	"etcd-removing": etcdRemoving,
	"etcd-snapshot": etcdSnapshot,
	"etcd-snapshot-failed": etcdSnapshotFailed,
	"etcd-prune": etcdPrune,
	"etcd-snapshots-there": etcdSnapshotsThere,
	"etcd-choose": etcdChoose,
	"operator-certificate": operatorCertificate,
	"change-trust": changeTrust,
	"change-listeners": changeListeners,
	"listeners-believed": listenersBelieved,
	"secrets-rewritten": secretsRewritten,
	boot,
	"api-seen": apiSeen,
	"nodes-seen": nodesSeen,
	"claims-seen": claimsSeen,
	"drain-seen": drainSeen,
	"add-ons": addOns,
	"cluster-checked": clusterChecked,
	"access-seen": accessSeen,
	"change-noted": () => NOTHING,
};

/**
 * What one input comes to: the events to record and the answer. Never throws; what cannot be done is a problem that names
 * the machine, the field and the next step. Texts of others are cut to size first. What may take memory from etcd passes the quorum guard.
 */
export function admit(fleet: Fleet, input: Input, at: Timestamp): Verdict {
	const fitted = fitInput(input);
	const verdict = (ADMITTERS[input.kind] as (fleet: Fleet, input: Input, at: Timestamp) => Verdict)(fleet, fitted, at);
	const risk = isGuarded(fitted) ? guard(fleet, fitted, verdict, at) : undefined;
	return risk ? refuse(risk) : verdict;
}
