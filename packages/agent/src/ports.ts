import type { CommandReply, Facts, Probe } from "@rollcall/protocol";

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
