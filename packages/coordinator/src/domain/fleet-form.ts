import {
	ApprovalBasis,
	Authority,
	BootId,
	ClusterDocument,
	canonicalJson,
	Digest,
	EtcdMemory,
	Facts,
	Generation,
	Grade,
	Health,
	ImpossibleKind,
	IssuedCertificate,
	Labels,
	LeaseState,
	LogFlaw,
	Mac,
	MachineId,
	NodeState,
	Reach,
	sha256Of,
	TargetStep,
	Timestamp,
	TokenScope,
	Trust,
	UserPublicKey,
	WaitingClaim,
} from "@rollcall/protocol";
import { z } from "zod";
import { withKindsNow, withScopesNow } from "./earlier-fields.ts";
import { EtcdFounder, EtcdMember, EtcdSnapshots } from "./etcd/state-form.ts";
import type { FleetJson } from "./fleet-json.ts";

/**
 * Goes up when events fold to another state although the state has the same fields. A test folds logs of earlier versions and
 * compares values, so that it is noticed.
 */
const FOLD = 9;

const text = z.string();
const seq = z.int();
const boot = { machineId: MachineId, bootId: BootId };

const Seat = z.strictObject({
	cluster: text,
	slot: text,
	seat: z.int(),
	role: text,
	nodeName: text,
	pinned: z.boolean(),
	seq,
	at: Timestamp,
});
const IssuedTarget = z.strictObject({
	generation: Generation,
	digest: Digest,
	bootId: BootId,
	role: text,
	programs: Digest.optional(),
	issuedAt: Timestamp,
	appliedAt: Timestamp.optional(),
	deadlineAt: Timestamp,
	progress: z.enum(["issued", "applying", "applied", "rejected"]),
	failedStep: TargetStep.optional(),
	failedUnit: text.optional(),
	reason: text.optional(),
	seq,
});
const Leaving = z.strictObject({
	role: text,
	nodeName: text,
	keepsName: z.boolean(),
	drainUntil: Timestamp.optional(),
	drain: z.strictObject({ state: z.enum(["waiting", "done", "given-up"]), reason: text }).optional(),
	seq,
	at: Timestamp,
});
const OpenCommand = z.strictObject({
	commandId: text,
	command: z.enum(["reboot", "reset"]),
	bootId: BootId,
	voted: z.literal(true).optional(),
	deadlineAt: Timestamp,
	seq,
});
const HeldBoot = z.strictObject({
	bootId: BootId,
	publicKey: UserPublicKey,
	remote: text,
	grade: Grade,
	needsPerson: z.boolean(),
	allowed: z.boolean(),
	reason: text,
	at: Timestamp,
	seq,
});
const Machine = z.strictObject({
	...boot,
	publicKey: UserPublicKey,
	facts: Facts,
	identity: z.enum(["smbios-uuid", "nic-and-serial", "proof"]),
	evidence: z.strictObject({
		uuid: text.optional(),
		serial: text.optional(),
		macs: z.array(Mac),
		tpm: text.optional(),
	}),
	grade: Grade,
	unobserved: text.optional(),
	tokenMac: Mac.optional(),
	contested: text.optional(),
	held: z.array(HeldBoot),
	labels: Labels,
	approval: z.enum(["waiting", "approved", "rejected"]),
	approvalReason: text,
	basis: ApprovalBasis.optional(),
	personallyLetIn: BootId.optional(),
	approvedHardware: z
		.strictObject({
			arch: Facts.shape.cpu.shape.arch,
			cpus: z.int(),
			memoryBytes: z.int(),
			vendor: text.optional(),
			product: text.optional(),
		})
		.optional(),
	lease: LeaseState,
	leaseAt: Timestamp,
	backAt: Timestamp.optional(),
	pinnedRole: text.optional(),
	seat: Seat.optional(),
	podNetworks: z.strictObject({ networks: z.array(text), pool: text, index: z.int() }).optional(),
	leaving: Leaving.optional(),
	lastSeat: z.strictObject({ slot: text, seat: z.int(), nodeName: text.optional() }).optional(),
	generation: Generation,
	target: IssuedTarget.optional(),
	impossible: z.strictObject({ reason: text, kind: ImpossibleKind }).optional(),
	health: Health,
	clock: z.strictObject({ offMs: z.int(), at: Timestamp }).optional(),
	node: NodeState.optional(),
	etcdMemory: z.strictObject({ is: EtcdMemory.optional(), lost: EtcdMemory.optional() }).optional(),
	reported: z.int(),
	helloPace: z.strictObject({ used: z.number(), at: Timestamp, cut: z.literal(true).optional() }).optional(),
	command: OpenCommand.optional(),
	lastCommand: z.strictObject({ commandId: text, deadlineAt: Timestamp, failed: text.optional() }).optional(),
	certified: z
		.strictObject({
			bootId: BootId,
			certificates: z.array(IssuedCertificate),
			invalid: z.strictObject({ validity: z.enum(["expired", "not-yet-valid"]), names: z.array(text) }).optional(),
		})
		.optional(),
	listenersKnown: z.strictObject({ bootId: BootId, since: seq }).optional(),
	sharedKeys: z.literal(true).optional(),
	compromised: z.strictObject({ at: Timestamp, seq }).optional(),
	fenced: z.array(BootId),
	spoken: z.array(BootId),
	enrolledAt: Timestamp,
	changedAt: Timestamp,
	changedSeq: seq,
	trail: z.array(seq),
});
const Token = z.strictObject({
	tokenId: text,
	hash: Digest,
	scope: TokenScope,
	createdAt: Timestamp,
	expiresAt: Timestamp.optional(),
	mac: Mac.optional(),
	labels: Labels,
	reach: Reach.optional(),
	used: z.strictObject({ at: Timestamp, from: text }).optional(),
	endTold: z.literal(true).optional(),
	revoked: z.boolean(),
	usedBy: z.strictObject({ ...boot, publicKey: UserPublicKey }).optional(),
});
const Kubernetes = z.strictObject({
	ready: z.boolean(),
	reason: text,
	addOns: z.strictObject({ digest: Digest, at: Timestamp }).optional(),
	addOnsTrouble: text.optional(),
	manifests: z.strictObject({ digest: Digest, coordinatorId: text, prune: z.boolean() }).optional(),
	manifestsDiffer: z
		.strictObject({ digest: Digest, objects: z.int(), coordinatorId: text, missing: z.array(text), total: z.int() })
		.optional(),
	claims: z.strictObject({ claims: z.array(WaitingClaim), total: z.int() }).optional(),
});

/** The state as a snapshot holds it. Whoever adds a field to the state adds it here: the compiler compares the two. */
const FleetForm = z.strictObject({
	seq,
	at: Timestamp,
	recoverUntil: Timestamp,
	tokenSweepAt: z.int(),
	log: z
		.strictObject({
			checkedTo: z.int(),
			filled: z.strictObject({ percent: z.int(), bytes: z.int(), maxBytes: z.int() }).optional(),
			doubt: z.strictObject({ seq, at: Timestamp, kinds: z.array(LogFlaw.shape.kind), reason: text }).optional(),
		})
		.optional(),
	clock: z.array(z.strictObject({ at: Timestamp, aheadMs: z.int() })).optional(),
	leader: z.strictObject({ coordinatorId: text, url: text, seq }).optional(),
	cluster: z
		.strictObject({
			document: ClusterDocument,
			digest: Digest,
			seq,
			at: Timestamp,
			etcdSince: seq.optional(),
			acceptLoss: z.literal("etcd").optional(),
		})
		.optional(),
	trust: z.strictObject({ trust: Trust, seq, rewritten: Digest.optional() }).optional(),
	listeners: z.strictObject({ listeners: Authority, seq, since: seq, introduced: seq }).optional(),
	exposed: z.array(Digest).optional(),
	etcd: z
		.strictObject({
			members: z.array(EtcdMember),
			seq,
			removing: z.strictObject({ ...boot, ids: z.array(text) }).optional(),
			unproved: z.array(text).optional(),
		})
		.optional(),
	founding: z.array(EtcdFounder).optional(),
	snapshots: EtcdSnapshots.optional(),
	operatorCertificates: z.array(z.strictObject({ certificate: IssuedCertificate, by: text })),
	kubernetes: Kubernetes.optional(),
	nextPodNetwork: z.int().optional(),
	emptySeats: z.array(z.strictObject({ slot: text, role: text, empty: z.int() })).optional(),
	machines: z.array(Machine),
	waiting: z.int(),
	removed: z.array(
		z.strictObject({
			machineId: MachineId,
			generation: Generation,
			boots: z.array(BootId),
			compromised: text.optional(),
			seq,
		}),
	),
	tokens: z.array(Token),
});

/** A type without what says only how it may be used: `readonly`, optional, undefined. */
type Plain<T> = T extends string | number | boolean | null
	? T
	: T extends readonly (infer Item)[]
		? Plain<Item>[]
		: T extends object
			? { -readonly [K in keyof T]-?: Plain<Exclude<T[K], undefined>> }
			: T;
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;
const same: Same<Plain<z.output<typeof FleetForm>>, Plain<Omit<FleetJson, "form">>> = true;

let known: Digest | undefined;

/** Names the form of the state: the digest of its schema, and of what events fold to. A snapshot of another form is not this program's. */
export function fleetForm(): Digest {
	known ??= sha256Of(
		canonicalJson({ fold: FOLD, same, schema: z.toJSONSchema(FleetForm, { unrepresentable: "any", io: "output" }) }),
	);
	return known;
}

/**
 * A state of another form, brought to this one: fields that are new get their defaults, and every field must have its form. Undefined where
 * that cannot be done; whoever changes a form so that earlier ones do not fit brings them over here first.
 */
export function migrateFleet(json: unknown): FleetJson | undefined {
	if (typeof json !== "object" || json === null) return undefined;
	const { form: _form, ...fields } = json as { form?: unknown };
	const read = FleetForm.safeParse(withKindsNow(withScopesNow(fields)));
	return read.success ? ({ ...read.data, form: fleetForm() } as FleetJson) : undefined;
}
