import type {
	Artifact,
	Beat,
	BootId,
	Bye,
	Certify,
	CertifyReply,
	Command,
	CommandReply,
	Facts,
	Hello,
	HelloReply,
	MachineId,
	PodRoute,
	Probe,
	Report,
	ReportReply,
	RoutesReply,
	RoutesRequest,
	Sealed,
	SignedAssignment,
	Target,
	TargetContent,
	TargetPodNetwork,
	TimeFile,
} from "@rollcall/protocol";
import type { Credentials as KeptCredentials } from "./domain/credentials.ts";
import type { HeldMemory } from "./domain/etcd-memory.ts";
import type { FileChange, FilePlan } from "./domain/plan-files.ts";
import type { WantedNetwork } from "./domain/pod-network.ts";

/** The state of a unit as systemd reports it (`ActiveState`, systemd.unit(5)), with systemd's text for a person. */
export interface UnitState {
	readonly active: "active" | "activating" | "inactive" | "failed" | "unknown";
	readonly detail: string;
}

/**
 * The units of a machine. Two adapters: the real systemd, and the rehearsal stand-in. Every call has a time limit of its
 * own and throws UnitError.
 */
export interface Units {
	/** Reads the unit files again; after files below the unit folder changed. */
	reload(): Promise<void>;
	/** `hasFailed`: systemd has a failure on record, which goes first: a start that a condition skips would leave it standing. */
	start(unit: string, hasFailed?: boolean): Promise<void>;
	/** As `start`. */
	restart(unit: string, hasFailed?: boolean): Promise<void>;
	stop(unit: string): Promise<void>;
	state(unit: string): Promise<UnitState>;
	/** Lines of the journal: the newest `lines`, none older than `sinceSeconds`, or those behind `cursor`. */
	logs(query: {
		unit?: string | undefined;
		lines: number;
		sinceSeconds?: number | undefined;
		cursor?: string | undefined;
	}): Promise<Extract<CommandReply, { kind: "logs" }>>;
	/** Asks the machine to boot again. Returns when the request was taken. */
	reboot(): Promise<void>;
}

/** One look at a component. Never throws; `reason` says what was wrong, for a person. */
export interface Prober {
	probe(probe: Probe): Promise<{ healthy: true } | { healthy: false; reason: string }>;
}

/** What a component said last before it failed, as a sentence; undefined when nothing is known. Never throws. */
export type LastWords = (probe: Probe) => Promise<string | undefined>;

/**
 * Reads the machine's facts afresh. Missing ones are left out; throws only when the boot id cannot be read. `own`: destinations of
 * routes that the agent made, which are no facts of the machine.
 */
export interface FactsReader {
	read(own?: ReadonlySet<string>): Promise<Facts>;
}

/** What of the kernel's network brings pods together. Touches nothing that others made. */
export interface PodKernel {
	/** Brings it to this, or takes all of it away. Returns how much was changed. Throws NetworkError. */
	bring(wanted: WantedNetwork | undefined): Promise<number>;
	/** Removes the bridge of the node's pods, and what was noted of their addresses. */
	clear(bridge: string): Promise<void>;
}

/** The node's part in the pod network, over restarts of the agent. `table`: the routes that were told last. */
export interface KeptPodNetwork {
	readonly target?: TargetPodNetwork | undefined;
	readonly table?: readonly PodRoute[] | undefined;
}

/** Where the agent writes what happens. Fields go to the journal as they are; never secrets. */
export interface Log {
	debug(message: string, fields?: Record<string, string | number>): void;
	info(message: string, fields?: Record<string, string | number>): void;
	warn(message: string, fields?: Record<string, string | number>): void;
	error(message: string, fields?: Record<string, string | number>): void;
}

/**
 * Time in milliseconds. `monotonic` never jumps, and stands still while the machine is suspended: for what the machine itself is to do in
 * a time. `sinceBoot` goes on then: for what ends elsewhere meanwhile, like a certificate. `sleep` ends early, without error, when the
 * signal is aborted.
 */
export interface Clock {
	monotonic(): number;
	sinceBoot(): number;
	/** The date by the machine's own clock, which may be wrong and may jump. */
	wall(): number;
	sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/**
 * The files of targets below the machine's root. Paths are those of the target. An apply goes compare, fetch, stage, swap,
 * and then settle (it is good) or restore (it is not). Everything throws FilesError; until `swap` nothing that anybody reads
 * was changed.
 */
export interface Files {
	/** Reads what is there and says what must change. Refuses paths that lead elsewhere over symbolic links. */
	compare(content: TargetContent, owned: readonly string[]): Promise<FilePlan>;
	/** Fetches an artifact beside its place and checks its hash; goes on where an earlier try stopped. `key`: opens an encrypted one. */
	fetch(artifact: Artifact, signal: AbortSignal, key?: string): Promise<void>;
	/** Removes what was fetched so far of artifacts that nobody wants any more, as far as it can be removed. */
	forget(artifacts: readonly Pick<Artifact, "path" | "sha256">[]): void;
	/** Writes all changed files beside their places. When it throws it has removed them again. `goesOn`: paths whose kept files belong to an interrupted apply that this one continues. */
	stage(content: TargetContent, plan: FilePlan, goesOn: ReadonlySet<string>): Promise<void>;
	/** Renames everything into place and keeps what was there beside. Can be called again after it stopped halfway. */
	swap(changes: readonly FileChange[]): void;
	/** Puts back what was there before the swap, as far as it got, and removes folders that the apply made. */
	restore(changes: readonly FileChange[], folders: readonly string[]): void;
	/** Removes every temporary and kept file beside these paths, and those of `folders` that are empty. `keepParts` leaves half-fetched artifacts. Returns the paths beside which something stays. */
	settle(paths: readonly string[], folders: readonly string[], keepParts: boolean): string[];
}

/** The credentials of this agent. Kept 0600 in RAM; `seed` and `jwt` are secrets. */
export interface Identity {
	readonly bootId: BootId;
	readonly seed: string;
	readonly publicKey: string;
	/** Whom servers with TLS are believed by, PEM, once the fleet has named others than the configuration. */
	readonly authority?: string | undefined;
	/** What the coordinator answered at enrollment. */
	readonly joined?:
		| {
				readonly machineId: MachineId;
				readonly jwt: string;
				readonly servers: readonly string[];
				/** The nkeys that the fleet itself named, besides those of the configuration. */
				readonly signers: readonly string[];
				/** When to ask for a new JWT, and the part of its life after which that is, in milliseconds since the boot. */
				readonly renewAt: number;
				readonly renewEveryMs: number;
		  }
		| undefined;
}

/** A target with the coordinator's signature on its assignment. */
export interface Accepted {
	readonly target: Target;
	readonly proof: SignedAssignment;
}

/** What the agent wrote and started, and how far an apply got. */
export interface Ledger {
	readonly files: readonly string[];
	readonly folders: readonly string[];
	/** In the order in which they are started. */
	readonly units: readonly string[];
	/** Paths that were changed, and whose units were perhaps not restarted since. */
	readonly pending?: readonly string[] | undefined;
	readonly open?: OpenApply | undefined;
}

/** An apply that has begun and not ended. `staging`: nothing was changed yet; `swapped`: files are being or were renamed; `restoring`: it failed, the old ones go back. */
export interface OpenApply {
	readonly phase: "staging" | "swapped" | "restoring";
	/** The target that is applied, by its digest and generation. */
	readonly of: Pick<Target, "generation" | "digest">;
	readonly changes: readonly FileChange[];
	/** Folders that it made. */
	readonly folders: readonly string[];
	/** The files and units that the agent owned before the apply began. */
	readonly before: { readonly files: readonly string[]; readonly units: readonly string[] };
}

/** The files that name time servers to the machine's time service. */
export interface TimeFiles {
	/** Writes this one and removes the others; undefined: all. True when anything was changed. Throws FilesError. */
	put(file: TimeFile | undefined): boolean;
}

/** The agent's memory over its own restarts: small files in RAM, each replaced at once. Damaged ones read as absent. */
export interface Memory {
	identity(): Identity | undefined;
	saveIdentity(identity: Identity): void;
	ledger(): Ledger;
	saveLedger(ledger: Ledger): void;
	/** The last target that was applied to its end. */
	good(): Accepted | undefined;
	/** True when there is a file of it that cannot be read. */
	goodIsDamaged(): boolean;
	/** The target that is being applied. */
	next(): Accepted | undefined;
	saveNext(accepted: Accepted): void;
	/** Makes `next` the last good one. */
	promote(): void;
	/** Keys, certificates and secrets of this boot. Secret. */
	credentials(): KeptCredentials;
	saveCredentials(credentials: KeptCredentials): void;
	/** etcd's memory, for as long as it is held. */
	etcd(): HeldMemory | undefined;
	saveEtcd(held: HeldMemory | undefined): void;
	podNetwork(): KeptPodNetwork | undefined;
	savePodNetwork(kept: KeptPodNetwork | undefined): void;
	/** Forgets all targets and what they were given; the ledger stays, so that what they wrote can be removed. `boot`: also what lay in the memory of an earlier boot. */
	forget(what: "targets" | "boot"): void;
}

/** Makes keys and uses them. Keys are PEM; nothing here is kept. */
export interface Keyring {
	/** A new private key. */
	makeKey(): string;
	/** A certificate request (PKCS #10, DER, base64) for a key, signed with it. */
	request(key: string): string;
	newSealKey(): Promise<SealKey>;
	/** False for a certificate (PEM) that is not valid yet, or not any more, by this machine's wall clock. */
	isValidNow(certificate: string): boolean;
	/** When a certificate (PEM) ends, in milliseconds since 1970; undefined for what cannot be read. */
	endsAt(certificate: string): number | undefined;
}

/** A key that others seal to: its public half (X25519, base64), and how to read what was sealed; that rejects for what was not. */
export interface SealKey {
	readonly publicKey: string;
	open(sealed: Sealed, info: string): Promise<string>;
}

/** An open connection to the bus. It reconnects by itself until `closed`. */
export interface Link {
	/** The coordinator's answer; throws LinkError. */
	hello(message: Hello): Promise<HelloReply>;
	report(message: Report): Promise<ReportReply>;
	certify(message: Certify): Promise<CertifyReply>;
	routes(message: RoutesRequest): Promise<RoutesReply>;
	/** Says that this boot ends now; throws LinkError, soon. */
	bye(message: Bye): Promise<ReportReply>;
	/** Dropped in silence while there is no connection. */
	beat(message: Beat): void;
	connected(): boolean;
	/** Says why, once the connection is closed for good (an auth error twice, or `close`). Never rejects. */
	readonly closed: Promise<string>;
	close(): Promise<void>;
}

/** What comes in over a link. */
export interface LinkEvents {
	/** Connected, for the first time or again. */
	connected(): void;
	disconnected(): void;
	/** A target of this generation is there. */
	notice(generation: number): void;
	/** The table of routes has this digest now. */
	routes(digest: string): void;
	/** The answer, and what to do once it was sent. */
	command(command: Command): Promise<{ reply: CommandReply; after?: (() => void) | undefined }>;
}

/** Whom servers with TLS are believed by, on every connection that begins. */
export interface ServerTrust {
	/** PEM; undefined for authorities that everybody knows. */
	authority(): string | undefined;
	/** Believes these (PEM) in place of those of before. */
	believe(pem: string): void;
	/** What is wrong with authorities; undefined where nothing is. */
	fault(pem: string): string | undefined;
}

/** What a link needs. `jwt` is asked for at every (re)connect. */
export interface Credentials {
	readonly machineId: MachineId;
	readonly seed: string;
	readonly servers: readonly string[];
	/** The public nkeys whose signatures count now. */
	signers(): readonly string[];
	jwt(): string;
}

/** Opens a link. Throws LinkError when none of the servers takes the connection, LinkDenied when they refuse the JWT. */
export type Connect = (credentials: Credentials, events: LinkEvents) => Promise<Link>;
