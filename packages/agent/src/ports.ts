import type {
	Artifact,
	Beat,
	BootId,
	Certify,
	CertifyReply,
	Command,
	CommandReply,
	EnrollReply,
	EnrollRequest,
	Facts,
	Hello,
	HelloReply,
	MachineId,
	Probe,
	Problem,
	Report,
	ReportReply,
	Sealed,
	SignedAssignment,
	Target,
	TargetContent,
} from "@rollcall/protocol";
import type { Credentials as KeptCredentials } from "./domain/credentials.ts";
import type { FileChange, FilePlan } from "./domain/plan-files.ts";

/** What systemd says of a unit (`ActiveState`, systemd.unit(5)), with its own words for a person. */
export interface UnitState {
	readonly active: "active" | "activating" | "inactive" | "failed" | "unknown";
	readonly detail: string;
}

/** What a unit that could not be started, stopped or asked about throws: the unit, the action and systemd's words. */
export class UnitError extends Error {
	override readonly name = "UnitError";
}

/**
 * The units of a machine. Two adapters: the real systemd, and the rehearsal stand-in. Every call has a time limit of its
 * own and throws UnitError.
 */
export interface Units {
	/** Reads the unit files again; after files below the unit folder changed. */
	reload(): Promise<void>;
	start(unit: string): Promise<void>;
	restart(unit: string): Promise<void>;
	stop(unit: string): Promise<void>;
	state(unit: string): Promise<UnitState>;
	/** Lines of the journal: the newest `lines`, or those behind `cursor`. */
	logs(query: {
		unit?: string | undefined;
		lines: number;
		cursor?: string | undefined;
	}): Promise<Extract<CommandReply, { kind: "logs" }>>;
	/** Asks the machine to boot again. Returns when the request was taken. */
	reboot(): Promise<void>;
}

/** One look at a component. Never throws; `reason` says what was wrong, for a person. */
export interface Prober {
	probe(probe: Probe): Promise<{ healthy: true } | { healthy: false; reason: string }>;
}

/** Reads the machine's facts afresh. Missing ones are left out; throws only when the boot id cannot be read. */
export interface FactsReader {
	read(): Promise<Facts>;
}

/** Where the agent writes what happens. Fields go to the journal as they are; never secrets. */
export interface Log {
	debug(message: string, fields?: Record<string, string | number>): void;
	info(message: string, fields?: Record<string, string | number>): void;
	warn(message: string, fields?: Record<string, string | number>): void;
	error(message: string, fields?: Record<string, string | number>): void;
}

/** Time in milliseconds. `monotonic` never jumps. `sleep` ends early, without error, when the signal is aborted. */
export interface Clock {
	monotonic(): number;
	sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** A file operation that failed or was refused: the path as the target names it, and why (the errno text where there is one). */
export class FilesError extends Error {
	override readonly name = "FilesError";
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
	/** Writes all changed files beside their places. When it throws it has removed them again. `goesOn`: paths whose kept files belong to an interrupted apply that this one continues. */
	stage(content: TargetContent, plan: FilePlan, goesOn: ReadonlySet<string>): Promise<void>;
	/** Renames everything into place and keeps what was there beside. Can be called again after it stopped halfway. */
	swap(changes: readonly FileChange[]): void;
	/** Puts back what was there before the swap, as far as it got, and removes folders that the apply made. */
	restore(changes: readonly FileChange[], folders: readonly string[]): void;
	/** Removes every temporary and kept file beside these paths, and those of `folders` that are empty. `keepParts` leaves half-fetched artifacts. Returns the paths beside which something stays. */
	settle(paths: readonly string[], folders: readonly string[], keepParts: boolean): string[];
}

/** Who this agent is. Kept 0600 in RAM; `seed` and `jwt` are secrets. */
export interface Identity {
	readonly bootId: BootId;
	readonly seed: string;
	readonly publicKey: string;
	/** What the coordinator said at enrollment. */
	readonly joined?:
		| {
				readonly machineId: MachineId;
				readonly jwt: string;
				readonly servers: readonly string[];
				/** When to ask for a new JWT, and the part of its life after which that is, in milliseconds of the monotonic clock. */
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
	readonly units: readonly string[];
	/** An apply that has begun and not ended. `staging`: nothing was changed yet; `swapped`: files are being or were renamed; `restoring`: it failed, the old ones go back. */
	readonly open?:
		| {
				readonly phase: "staging" | "swapped" | "restoring";
				readonly changes: readonly FileChange[];
				readonly folders: readonly string[];
		  }
		| undefined;
}

/** The agent's memory over its own restarts: small files in RAM, each replaced at once. Damaged ones read as absent. */
export interface Memory {
	identity(): Identity | undefined;
	saveIdentity(identity: Identity): void;
	ledger(): Ledger;
	saveLedger(ledger: Ledger): void;
	/** The last target that was applied to its end. */
	good(): Accepted | undefined;
	/** The target that is being applied. */
	next(): Accepted | undefined;
	saveNext(accepted: Accepted): void;
	/** Makes `next` the last good one. */
	promote(): void;
	/** Keys, certificates and secrets of this boot. Secret. */
	credentials(): KeptCredentials;
	saveCredentials(credentials: KeptCredentials): void;
	/** Forgets all targets and what they were given (the ledger stays, so that what they wrote can be removed), or everything. */
	forget(what: "targets" | "everything"): void;
}

/** Makes keys and uses them. Keys are PEM; nothing here is kept. */
export interface Keyring {
	/** A new private key. */
	makeKey(): string;
	/** A certificate request (PKCS #10, DER, base64) for a key, signed with it. */
	request(key: string): string;
	/** A key that others seal to: its public half (X25519, base64), and how to read what was sealed; that throws for what was not. */
	newSealKey(): { readonly publicKey: string; readonly open: (sealed: Sealed, info: string) => string };
}

/** An enrollment's end. `wait`: how soon it makes sense to ask again. */
export type EnrollOutcome =
	| { readonly ok: true; readonly reply: EnrollReply }
	| { readonly ok: false; readonly problem: Problem; readonly wait: "short" | "long" };

/** Asks the coordinators, in turn, to be let onto the bus. Never throws. */
export type Enroll = (request: EnrollRequest, signal: AbortSignal) => Promise<EnrollOutcome>;

/** The bus did not do what was asked: no connection, no answer in time, or an answer that is not one. */
export class LinkError extends Error {
	override readonly name = "LinkError";
}

/** The servers refuse this identity: its JWT ended or was revoked. Enroll again. */
export class LinkDenied extends Error {
	override readonly name = "LinkDenied";
}

/** An open connection to the bus. It reconnects by itself until `closed`. */
export interface Link {
	/** The coordinator's answer; throws LinkError. */
	hello(message: Hello): Promise<HelloReply>;
	report(message: Report): Promise<ReportReply>;
	certify(message: Certify): Promise<CertifyReply>;
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
	/** The answer, and what to do once it was sent. */
	command(command: Command): Promise<{ reply: CommandReply; after?: (() => void) | undefined }>;
}

/** What a link needs. `jwt` is asked for at every (re)connect. */
export interface Credentials {
	readonly machineId: MachineId;
	readonly seed: string;
	readonly servers: readonly string[];
	jwt(): string;
}

/** Opens a link. Throws LinkError when none of the servers takes the connection, LinkDenied when they refuse the JWT. */
export type Connect = (credentials: Credentials, events: LinkEvents) => Promise<Link>;
