import type {
	AcceptedLoss,
	Authority,
	BootId,
	ClusterDocument,
	Digest,
	EnrollClaim,
	EtcdSnapshot,
	EventDraft,
	EventOf,
	Generation,
	Hello,
	IssuedCertificate,
	Labels,
	LogFlaw,
	Mac,
	MachineId,
	NodeState,
	Problem,
	Reach,
	Report,
	Timestamp,
	TokenScope,
	TpmProof,
	Trust,
	UserPublicKey,
	WaitingClaim,
} from "@rollcall/protocol";
import type { EtcdStep, StepOutcome } from "./etcd/steps.ts";

/** The events that the boot listener leads to. */
export type BootDraft = Extract<EventDraft, { type: "boot-refused" | "boot-stuck" | "machine-booted" }>;

/** A token that the boot listener signed. The log learns of it when it is used. */
export interface SignedToken {
	readonly tokenId: string;
	readonly mac: Mac;
	readonly expiresAt: Timestamp;
}

/** What the quorum guard wants to know of an input that may take memory from etcd. */
export interface Guarded {
	readonly acceptLoss?: AcceptedLoss | undefined;
	/** The machines whose members of etcd answered a linearizable read just now; undefined where none could be asked. */
	readonly answered?: readonly MachineId[] | undefined;
}

/**
 * Everything that can come to the coordinator and may end in events. Parsed at the edge; random parts (ids, hashes) and
 * the verdict on signatures are made there too, so that the domain stays pure. `by` names the operator's token.
 */
export type Input =
	| {
			readonly kind: "enroll";
			readonly request: Omit<EnrollClaim, "token" | "attestation">;
			readonly tokenHash?: Digest | undefined;
			/** Set where the token is one that the boot listener signed. */
			readonly signedToken?: SignedToken | undefined;
			readonly proofValid: boolean;
			readonly remote: string;
			/** The MAC that the asking address belongs to on a link of the coordinator's own, where there is one. */
			readonly observedMac?: Mac | undefined;
			/** Why nothing was seen of the asking address, where somebody should have seen it. */
			readonly unobserved?: string | undefined;
			/** What its TPM proved. */
			readonly tpm?: TpmProof | undefined;
			/** How far its clock is ahead of the coordinator's, where it says so. Milliseconds. */
			readonly clockOffMs?: number | undefined;
	  }
	| { readonly kind: "hello"; readonly machineId: MachineId; readonly hello: Hello; readonly proofValid: boolean }
	| { readonly kind: "report"; readonly machineId: MachineId; readonly report: Report }
	/** A boot ends now, by its own word. */
	| { readonly kind: "bye"; readonly machineId: MachineId; readonly bootId: BootId }
	/** Something is wrong with the log. The loop says so. */
	| { readonly kind: "log-flawed"; readonly flaws: readonly LogFlaw[]; readonly checkedTo: number }
	/** So many entries before this position were taken out of the log; unasked: by somebody else. */
	| { readonly kind: "log-compacted"; readonly before: number; readonly entries: number; readonly unasked?: true }
	/** How full the log is, in bytes. */
	| { readonly kind: "log-measured"; readonly bytes: number; readonly maxBytes: number }
	/** Slots of which other seats are empty, for a while now, than was told. */
	| { readonly kind: "seats-empty"; readonly slots: readonly string[] }
	/** An operator wants it to go on as it is. */
	| { readonly kind: "log-accept"; readonly by: string }
	/** A beat of an incarnation that is fenced or unknown; ordinary beats only renew the lease and never come here. */
	| { readonly kind: "stray-beat"; readonly machineId: MachineId; readonly bootId: BootId }
	| ({
			readonly kind: "declare";
			readonly document: ClusterDocument;
			readonly digest: Digest;
			readonly by: string;
			/** The document that must be in force still; null: none may be; undefined: any. */
			readonly base?: Digest | null | undefined;
	  } & Guarded)
	/** `bootId`: the boot that was looked at, where the person named one. */
	| {
			readonly kind: "approve";
			readonly machineId: MachineId;
			readonly bootId?: BootId | undefined;
			readonly by: string;
	  }
	| ({ readonly kind: "reject"; readonly machineId: MachineId; readonly reason: string; readonly by: string } & Guarded)
	| ({
			readonly kind: "compromised";
			readonly machineId: MachineId;
			readonly reason: string;
			readonly by: string;
	  } & Guarded)
	| ({
			readonly kind: "pin-role";
			readonly machineId: MachineId;
			readonly role: string | null;
			readonly by: string;
	  } & Guarded)
	| ({ readonly kind: "label"; readonly machineId: MachineId; readonly labels: Labels; readonly by: string } & Guarded)
	| ({ readonly kind: "remove"; readonly machineId: MachineId; readonly by: string } & Guarded)
	| {
			readonly kind: "create-token";
			readonly tokenId: string;
			readonly hash: Digest;
			readonly scope: TokenScope;
			readonly expiresAt?: Timestamp | undefined;
			readonly mac?: Mac | undefined;
			readonly labels: Labels;
			readonly reach?: Reach | undefined;
			readonly by: string;
	  }
	| {
			readonly kind: "revoke-token";
			readonly tokenId: string;
			readonly by: string;
			/** Also the last one with which the API can be administered. */
			readonly force?: true;
			/** The hash of the token in the coordinator's own data folder, which counts unless the log says otherwise. */
			readonly ownHash?: Digest;
	  }
	| ({
			readonly kind: "command";
			readonly machineId: MachineId;
			readonly commandId: string;
			readonly command: "reboot" | "reset";
			readonly deadlineAt: Timestamp;
			readonly by: string;
	  } & Guarded)
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
	/** The operator's own manifests, as the leader finds them in its folder. `missing`: what is in the cluster of them and not there, in words (`refText`). */
	| {
			readonly kind: "manifests-seen";
			readonly digest: Digest;
			readonly objects: number;
			readonly coordinatorId: string;
			readonly missing: readonly string[];
	  }
	/** A person says that the leader's folder counts as it is. */
	| { readonly kind: "manifests-accept"; readonly by: string }
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
	/** What etcd's members needed next was done. */
	| ({ readonly kind: "etcd-step-done"; readonly step: EtcdStep } & StepOutcome)
	/** etcd is about to be asked to take out the members with these ids of its own, for a step. */
	| { readonly kind: "etcd-removing"; readonly step: EtcdStep; readonly ids: readonly string[] }
	/** What became of taking a snapshot of etcd, or why one cannot be restored. */
	| { readonly kind: "etcd-snapshot"; readonly snapshot: EtcdSnapshot }
	| { readonly kind: "etcd-snapshot-failed"; readonly reason: string }
	/** Snapshots that are to go: too many, or because somebody wants it. Their files are removed after this. */
	| { readonly kind: "etcd-prune"; readonly snapshots: readonly Digest[]; readonly by?: string | undefined }
	/** Files of snapshots that the log does not know, found when it came into doubt. */
	| { readonly kind: "etcd-snapshots-there"; readonly snapshots: readonly EtcdSnapshot[] }
	/** What etcd is to begin with when no memory is left: `newest`, `none`, or a snapshot. */
	| { readonly kind: "etcd-choose"; readonly from: "newest" | "none" | Digest; readonly by: string }
	/** How far the eviction of pods got on the node of a machine that lost its seat. */
	| {
			readonly kind: "drain-seen";
			readonly machineId: MachineId;
			readonly bootId: BootId;
			readonly nodeName: string;
			readonly drain: "waiting" | "done";
			readonly reason: string;
	  }
	| { readonly kind: "operator-certificate"; readonly certificate: IssuedCertificate; readonly by: string }
	/** Whom machines believe from now on. `after`: the number of the event that this change knows; refused when there was another. */
	| {
			readonly kind: "change-trust";
			readonly trust: Trust;
			readonly after: number;
			readonly reason: string;
	  }
	/** Whom clients of the coordinators' listeners believe from now on. `after`: as above. */
	| {
			readonly kind: "change-listeners";
			readonly listeners: Authority;
			readonly after: number;
			readonly reason: string;
	  }
	/** These boots said that they believe who was named in the event `since`. */
	| {
			readonly kind: "listeners-believed";
			readonly since: number;
			readonly machines: readonly { readonly machineId: MachineId; readonly bootId: BootId }[];
	  }
	/** All Secrets were written anew, with this key. */
	| { readonly kind: "secrets-rewritten"; readonly key: Digest; readonly secrets: number }
	/** How a check of the cluster ended. */
	| {
			readonly kind: "cluster-checked";
			readonly outcome: "ok" | "failed" | "interrupted";
			readonly nodes: number;
			readonly findings: number;
			readonly failed: number;
			readonly first: string;
			readonly by: string;
	  }
	/** Which tokens of the API were used, and what was refused for want of a right, since this was told last. */
	| {
			readonly kind: "access-seen";
			readonly used: readonly { readonly tokenId: string; readonly at: Timestamp; readonly from: string }[];
			readonly refused?: Omit<EventOf<"requests-refused">, "type" | "seq" | "at" | "cause"> | undefined;
	  }
	/** Something was changed through the API that no other input tells of. */
	| { readonly kind: "change-noted" }
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

/** The inputs that the quorum guard looks at. */
export type GuardedInput = Extract<
	Input,
	{ kind: "command" | "declare" | "reject" | "compromised" | "remove" | "pin-role" | "label" }
>;

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
	| {
			readonly kind: "command";
			readonly machineId: MachineId;
			readonly bootId: BootId;
			readonly commandId: string;
			readonly deadlineAt: Timestamp;
			/** It was recorded before, and has ended: it is not to be sent again. */
			readonly over?: true;
	  }
	| { readonly kind: "problem"; readonly problem: Problem };

/** What the domain makes of one input: events to record (none when nothing changes) and the answer. */
export interface Verdict {
	readonly events: readonly EventDraft[];
	readonly answer: Answer;
}
