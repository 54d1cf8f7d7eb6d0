/** A configuration that is not usable: the file, the field, and what is wrong with it. */
export class ConfigError extends Error {
	override readonly name = "ConfigError";
}

/** Somebody else appended first: this coordinator does not lead any more. */
export class LogConflict extends Error {
	override readonly name = "LogConflict";
}

/** The log cannot be reached now. Whether the entry was stored is not known; read before going on. */
export class LogUnavailable extends Error {
	override readonly name: string = "LogUnavailable";
}

/** The log answered that it does not store an entry: asking it shows nothing of when it does again. */
export class LogRefused extends LogUnavailable {
	override readonly name: string = "LogRefused";
}

/** The log has no room left: nothing is stored until there is. */
export class LogFull extends LogRefused {
	override readonly name = "LogFull";
}

/** The log ends before what was read of it, or goes on in another way: a copy was put back, or its end was lost. */
export class LogWentBack extends Error {
	override readonly name = "LogWentBack";
}

/** Entries behind the last one that was read are not there: they were taken out behind a state, or are missing. */
export class LogGap extends Error {
	override readonly name = "LogGap";
}

/** What a person does with a log that nobody can go on with. Machines prove what they hold to the one that begins. */
export const BEGIN_ANEW =
	'keep a copy of the log\'s store, and begin another log without it (docs/operations.md, "The log is lost")';

/** This program cannot go on with the log: another version of it wrote what this one does not understand, or nothing can follow what is there. A person decides. */
export class LogBeyond extends Error {
	override readonly name = "LogBeyond";
}

/** The log that was read before is gone (its store was deleted); another one, or none, is in its place. */
export class LogLost extends Error {
	override readonly name = "LogLost";

	constructor(message = "the event log is another one than before; its store was deleted") {
		super(message);
	}
}

/** This coordinator may not act outside of the log any more in the term in which it began to: what it began is left to whoever leads. */
export class LeadOver extends Error {
	override readonly name = "LeadOver";
}

/** Another process on the bus has this coordinator's id: one of their data folders is a copy of the other. */
export class TwinFound extends Error {
	override readonly name = "TwinFound";
}

/** Nobody listens on the machine's subjects: its agent is not connected. */
export class NoResponders extends Error {
	override readonly name = "NoResponders";
}

/** The agent answered a command with something that is no answer. */
export class UnreadableAnswer extends Error {
	override readonly name = "UnreadableAnswer";
}

/** An order that must not be fulfilled: the request is none, or its key is not its sender's. */
export class CertificateRefused extends Error {
	override readonly name = "CertificateRefused";
}

/** A mirror needs an account that is not here, or is none. Names the account and what to do. */
export class AccountMissing extends Error {
	override readonly name = "AccountMissing";
	/** What the operator can do. */
	readonly next: string;

	constructor(message: string, next: string) {
		super(message);
		this.next = next;
	}
}

/** etcd did not do what was asked: no member answers, or a refusal in its own words. */
export class EtcdError extends Error {
	override readonly name = "EtcdError";
}

/** A snapshot that cannot be kept: it is not whole, or there is no room for it. */
export class SnapshotError extends Error {
	override readonly name = "SnapshotError";
}

/** The API did not do what was asked: no answer, or a refusal in its own words. `status` is the HTTP status, where there was one. */
export class KubernetesError extends Error {
	override readonly name = "KubernetesError";
	readonly status: number | undefined;

	constructor(message: string, status?: number) {
		super(message);
		this.status = status;
	}
}

/** A value that a language cannot hold, or that would mean something else there. Names the language and the place. */
export class Unencodable extends Error {
	override readonly name = "Unencodable";

	constructor(language: string, place: string, reason: string) {
		super(`${language}, ${place}: ${reason}`);
	}
}

/** A configuration that spec 2 of Ignition cannot express. */
export class NotInLegacyIgnition extends Error {
	override readonly name = "NotInLegacyIgnition";
}

/** A value that no unit file can hold. */
export class UnitEncodingError extends Error {
	override readonly name = "UnitEncodingError";
}

/** What is asked for cannot be done now; the message says why. */
export class WorkRefused extends Error {
	override readonly name = "WorkRefused";
	readonly kind: "busy" | "unknown" | "offset";

	constructor(kind: "busy" | "unknown" | "offset", message: string) {
		super(message);
		this.kind = kind;
	}
}

/** An asset could not be had, or is not what was expected. Names the asset and what to do. */
export class AssetRefused extends Error {
	override readonly name = "AssetRefused";
	/** What the operator can do. */
	readonly next: string | undefined;

	constructor(message: string, { next, cause }: { readonly next?: string; readonly cause?: unknown } = {}) {
		super(message, cause === undefined ? {} : { cause });
		this.next = next;
	}
}

/** The servers do not know the user: other credentials are needed, not more time. */
export class BusRefused extends Error {
	override readonly name = "BusRefused";
}

/** A certificate request that was not made by who holds its key, or is none. */
export class BadRequest extends Error {
	override readonly name = "BadRequest";
}

/** A person's token or certificate is not taken: it is over, not for us, not by whom it should be, or gives no right here. */
export class SignInRefused extends Error {
	override readonly name = "SignInRefused";
	readonly code: "unauthorized" | "forbidden" | "token-expired" | "token-revoked" | "not-ready";
	readonly next: string;

	constructor(code: SignInRefused["code"], message: string, next: string) {
		super(message);
		this.code = code;
		this.next = next;
	}
}

/** What a TPM is to have said proves nothing. */
export class AttestationRefused extends Error {
	override readonly name = "AttestationRefused";
}
