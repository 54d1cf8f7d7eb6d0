import type { Timestamp } from "@rollcall/protocol";
import { addOns } from "./admit/add-ons.ts";
import { apiSeen } from "./admit/api-seen.ts";
import { approve } from "./admit/approve.ts";
import { boot } from "./admit/boot.ts";
import { changeTrust, operatorCertificate, secretsRewritten } from "./admit/certificates.ts";
import { certify } from "./admit/certify.ts";
import { claimsSeen } from "./admit/claims-seen.ts";
import { command } from "./admit/command.ts";
import { commandFailed } from "./admit/command-failed.ts";
import { createToken } from "./admit/create-token.ts";
import { declare } from "./admit/declare.ts";
import { enroll } from "./admit/enroll.ts";
import { etcdRemoving, etcdStepDone } from "./admit/etcd.ts";
import { etcdChoose, etcdPrune, etcdSnapshot, etcdSnapshotFailed } from "./admit/etcd-snapshots.ts";
import { hello } from "./admit/hello.ts";
import { label } from "./admit/label.ts";
import { nodesSeen } from "./admit/nodes-seen.ts";
import { pinRole } from "./admit/pin-role.ts";
import { reject } from "./admit/reject.ts";
import { remove } from "./admit/remove.ts";
import { report } from "./admit/report.ts";
import { revokeToken } from "./admit/revoke-token.ts";
import { strayBeat } from "./admit/stray-beat.ts";
import type { Fleet } from "./fleet.ts";
import type { Input, InputOf, Verdict } from "./inputs.ts";

type Admitters = {
	readonly [K in Input["kind"]]: (fleet: Fleet, input: InputOf<K>, at: Timestamp) => Verdict;
};

const ADMITTERS: Admitters = {
	enroll,
	hello,
	report,
	"stray-beat": strayBeat,
	declare,
	approve,
	reject,
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
	"etcd-choose": etcdChoose,
	"operator-certificate": operatorCertificate,
	"change-trust": changeTrust,
	"secrets-rewritten": secretsRewritten,
	boot,
	"api-seen": apiSeen,
	"nodes-seen": nodesSeen,
	"claims-seen": claimsSeen,
	"add-ons": addOns,
};

/**
 * What one input comes to: the events to record and the answer. Never throws; what cannot be done is a problem that names
 * the machine, the field and the next step.
 */
export function admit(fleet: Fleet, input: Input, at: Timestamp): Verdict {
	return (ADMITTERS[input.kind] as (fleet: Fleet, input: Input, at: Timestamp) => Verdict)(fleet, input, at);
}
