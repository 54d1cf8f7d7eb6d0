import type { Event, Trust } from "@rollcall/protocol";
import type { TargetSummary } from "../domain/observed.ts";
import type { Beacon } from "../ports/beacon.ts";
import type { Bus } from "../ports/bus.ts";
import type { Clock } from "../ports/clock.ts";
import type { Credentials } from "../ports/credentials.ts";
import type { Failpoint } from "../ports/failpoint.ts";
import type { Snapshots } from "../ports/fleet-snapshots.ts";
import type { KeptStates } from "../ports/kept-states.ts";
import type { Log } from "../ports/log.ts";
import type { LogMarks } from "../ports/log-mark.ts";
import type { Beginning } from "./first-events.ts";

/** What the loop tells whoever watches it. Nothing here may throw. */
interface LoopWatcher {
	/** This coordinator leads now, or does not any more. */
	onLeading(leads: boolean): void;
	/** A turn ended: how long it took, in milliseconds, and what it recorded. */
	onTurn(durationMs: number, events: readonly Event[]): void;
	/** The log took an entry, or did not. */
	/** How large the log is, measured now and then while this coordinator leads; `maxBytes`: its bound, where it has one. */
	onLogSize(size: { readonly bytes: number; readonly maxBytes?: number | undefined }): void;
	onAppend(outcome: "stored" | "conflict" | "unavailable", durationMs: number): void;
	/** Something went wrong that a person may want to know; the loop goes on. */
	onTrouble(what: string, error: unknown): void;
}

/** All that the loop needs from its surroundings. */
export interface LoopParts {
	readonly coordinatorId: string;
	/** Where this coordinator's API is, for the others. */
	readonly url: () => string;
	/** Opens the log, and creates it where there is none. Called again when the log was lost. */
	readonly openLog: () => Promise<Log>;
	readonly snapshots: Snapshots;
	/** States in the log's own store, for entries that are taken out of it. */
	readonly states: KeptStates;
	/** Other coordinators may lead on this bus: false for one that is this coordinator's own, and ends with it. */
	readonly sharedBus: boolean;
	/** How far the log was read, outside of the log. */
	readonly marks: LogMarks;
	readonly bus: Bus;
	readonly beacon: Beacon;
	readonly credentials: Credentials;
	readonly clock: Clock;
	/** False while the bus is away: silence of machines means nothing then. */
	readonly connected: () => boolean;
	/** How often the bus was away and came back: after each time the log may be another one. */
	readonly reconnects: () => number;
	readonly summarize: TargetSummary;
	/** Has those taken who came to the coordinator's listeners while a turn filled the event loop. */
	readonly letIn: () => Promise<void>;
	/** What an empty log begins with. */
	readonly beginning: () => Promise<Beginning>;
	/** Whom machines are to believe, for a log that does not say it. */
	readonly trust: () => Promise<Trust>;
	readonly failpoint: Failpoint;
	readonly watcher: LoopWatcher;
}
