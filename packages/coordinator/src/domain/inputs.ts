import type {
	BootId,
	ClusterDocument,
	Digest,
	EnrollRequest,
	EtcdSnapshot,
	EventDraft,
	Generation,
	Hello,
	IssuedCertificate,
	Labels,
	Mac,
	MachineId,
	NodeState,
	Problem,
	Report,
	Timestamp,
	TokenScope,
	Trust,
	UserPublicKey,
	WaitingClaim,
} from "@rollcall/protocol";
import type { EtcdStep } from "./etcd.ts";
import type { EtcdPeer } from "./etcd-members.ts";

/** The events that the boot listener leads to. */
export type BootDraft = Extract<EventDraft, { type: "boot-refused" | "boot-stuck" | "machine-booted" }>;

/**
 * Everything that can come to the coordinator and may end in events. Parsed at the edge; random parts (ids, hashes) and
 * the verdict on signatures are made there too, so that the domain stays pure. `by` names the operator's token.
 */
export type Input =
	| {
			readonly kind: "enroll";
			readonly request: EnrollRequest;
			readonly tokenHash?: Digest | undefined;
			readonly proofValid: boolean;
			readonly remote: string;
	  }
	| { readonly kind: "hello"; readonly machineId: MachineId; readonly hello: Hello; readonly proofValid: boolean }
	| { readonly kind: "report"; readonly machineId: MachineId; readonly report: Report }
	/** A beat of an incarnation that is fenced or unknown; ordinary beats only renew the lease and never come here. */
	| { readonly kind: "stray-beat"; readonly machineId: MachineId; readonly bootId: BootId }
	| { readonly kind: "declare"; readonly document: ClusterDocument; readonly digest: Digest; readonly by: string }
	| { readonly kind: "approve"; readonly machineId: MachineId; readonly by: string }
	| { readonly kind: "reject"; readonly machineId: MachineId; readonly reason: string; readonly by: string }
	| { readonly kind: "pin-role"; readonly machineId: MachineId; readonly role: string | null; readonly by: string }
	| { readonly kind: "label"; readonly machineId: MachineId; readonly labels: Labels; readonly by: string }
	| { readonly kind: "remove"; readonly machineId: MachineId; readonly by: string }
	| {
			readonly kind: "create-token";
			readonly tokenId: string;
			readonly hash: Digest;
			readonly scope: TokenScope;
			readonly expiresAt?: Timestamp | undefined;
			readonly mac?: Mac | undefined;
			readonly labels: Labels;
			readonly by: string;
	  }
	| { readonly kind: "revoke-token"; readonly tokenId: string; readonly by: string }
	| {
			readonly kind: "command";
			readonly machineId: MachineId;
			readonly commandId: string;
			readonly command: "reboot" | "reset";
			readonly deadlineAt: Timestamp;
			readonly by: string;
	  }
	/** What `/readyz` of the cluster's API said. */
	| { readonly kind: "api-seen"; readonly ready: boolean; readonly reason: string }
	/** Nodes of the cluster, as Kubernetes sees them: all, or those of `names` that there are. `bootId` is what the node's kubelet says. */
	| {
			readonly kind: "nodes-seen";
			readonly names?: readonly string[];
			readonly nodes: readonly { readonly name: string; readonly bootId: string; readonly state: NodeState }[];
	  }
	/** What became of one round of applying the add-ons. */
	| { readonly kind: "add-ons"; readonly outcome: AddOnsOutcome }
	/** Claims that no provisioner will ever see, sorted by namespace and name. */
	| { readonly kind: "claims-seen"; readonly waiting: readonly WaitingClaim[] }
	/** What the boot listener saw and an operator should hear of. */
	| { readonly kind: "boot"; readonly event: BootDraft }
	/** Certificates were signed for a boot's own keys. They go out only if that boot still holds this target. */
	| {
			readonly kind: "certify";
			readonly machineId: MachineId;
			readonly bootId: BootId;
			readonly generation: Generation;
			readonly digest: Digest;
			readonly certificates: readonly IssuedCertificate[];
	  }
	/** What etcd's members needed next was done. `cluster`: whom a member that begins by it begins with. */
	| { readonly kind: "etcd-step-done"; readonly step: EtcdStep; readonly cluster: readonly EtcdPeer[] }
	/** etcd is about to be asked to take out the members with these ids of its own, for a step. */
	| { readonly kind: "etcd-removing"; readonly step: EtcdStep; readonly ids: readonly string[] }
	/** What became of taking a snapshot of etcd, or why one cannot be restored. */
	| { readonly kind: "etcd-snapshot"; readonly snapshot: EtcdSnapshot }
	| { readonly kind: "etcd-snapshot-failed"; readonly reason: string }
	/** Snapshots that are to go: too many, or because somebody wants it. Their files are removed after this. */
	| { readonly kind: "etcd-prune"; readonly snapshots: readonly Digest[]; readonly by?: string | undefined }
	/** What etcd is to begin with when no memory is left: `newest`, `none`, or a snapshot. */
	| { readonly kind: "etcd-choose"; readonly from: "newest" | "none" | Digest; readonly by: string }
	| { readonly kind: "operator-certificate"; readonly certificate: IssuedCertificate; readonly by: string }
	/** Whom machines believe from now on. `after`: the number of the event that this change knows; refused when there was another. */
	| {
			readonly kind: "change-trust";
			readonly trust: Trust;
			readonly after: number;
			readonly reason: string;
	  }
	/** All Secrets were written anew, with this key. */
	| { readonly kind: "secrets-rewritten"; readonly key: Digest; readonly secrets: number }
	/** A command could not be delivered. */
	| {
			readonly kind: "command-failed";
			readonly machineId: MachineId;
			readonly commandId: string;
			readonly reason: string;
	  };

/** How a round of applying ended. Lists of objects in words (`refText`). */
export type AddOnsOutcome =
	| {
			readonly ok: true;
			readonly digest: Digest;
			readonly objects: number;
			readonly drifted: readonly string[];
			readonly pruned: readonly string[];
	  }
	| { readonly ok: false; readonly reason: string };

/** An input of one kind. */
export type InputOf<K extends Input["kind"]> = Extract<Input, { kind: K }>;

/** What an input is answered with, once its events are recorded. Adapters add what only they have (JWTs, signatures). */
export type Answer =
	| { readonly kind: "ok" }
	| {
			readonly kind: "enrolled";
			readonly machineId: MachineId;
			readonly bootId: BootId;
			readonly publicKey: UserPublicKey;
	  }
	/** The machine has a target: render it from the state after the turn. */
	| { readonly kind: "target"; readonly machineId: MachineId }
	| { readonly kind: "wait"; readonly reason: string }
	| { readonly kind: "fenced"; readonly reason: string }
	| { readonly kind: "command"; readonly machineId: MachineId; readonly bootId: BootId; readonly commandId: string }
	| { readonly kind: "problem"; readonly problem: Problem };

/** What the domain makes of one input: events to record (none when nothing changes) and the answer. */
export interface Verdict {
	readonly events: readonly EventDraft[];
	readonly answer: Answer;
}
