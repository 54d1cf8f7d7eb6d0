/** A unit could not be started, stopped or asked about: the unit, the action and systemd's words. */
export class UnitError extends Error {
	override readonly name = "UnitError";
}

/** A file operation that failed or was refused: the path as the target names it, and why (the errno text where there is one). */
export class FilesError extends Error {
	override readonly name = "FilesError";
}

/** An archive that is none, or more than is taken from one. */
export class TarError extends Error {
	override readonly name = "TarError";
}

/** The kernel's network could not be changed as wanted: the change, and the program's message. */
export class NetworkError extends Error {
	override readonly name = "NetworkError";
}

/** The bus did not do what was asked: no connection, no answer in time, or an answer that is not one. */
export class LinkError extends Error {
	override readonly name: string = "LinkError";
}

/** An answer or a target that the fleet has not signed, or not for this boot: somebody else speaks. */
export class NotSigned extends LinkError {
	override readonly name: string = "NotSigned";
}

/** The servers refuse this identity: its JWT ended or was revoked. Enroll again. */
export class LinkDenied extends Error {
	override readonly name = "LinkDenied";
}

/** A refusal of certificates or secrets that no repetition changes. */
export class OrderRefused extends Error {
	override readonly name = "OrderRefused";
}

/** The TPM refuses a command, cannot be reached, or answers with nothing that can be read. */
export class TpmError extends Error {
	override readonly name = "TpmError";
}

/** A component did not become healthy in time. The message names the component and the last reason; `unit` is the unit that it is, of one that is a unit. */
export class ProbeFailed extends Error {
	override readonly name = "ProbeFailed";
	readonly unit: string | undefined;
	constructor(message: string, unit: string | undefined) {
		super(message);
		this.unit = unit;
	}
}
