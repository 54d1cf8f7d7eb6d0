import type { Beat, Event, MachineId } from "@rollcall/protocol";
import type { Asked } from "../domain/change.ts";
import type { Fleet } from "../domain/fleet.ts";
import type { Answer, Input } from "../domain/inputs.ts";

/** What leads the fleet, as the HTTP and bus adapters see it. */
export interface Core {
	/** The state as last recorded. */
	fleet(): Fleet;
	/**
	 * Hands in an input; `asked` says who asked for it through the API, which is recorded beside what comes of it. The answer comes when its events are
	 * recorded. Nothing comes of an input for which `isOver` is true when its turn has come. Answers `not-leader` or `not-ready` as a problem; never throws.
	 */
	submit(input: Input, asked?: Asked, isOver?: () => boolean): Promise<Answer>;
	/** A beat: renews the lease in memory, or becomes a stray-beat input. */
	beat(machineId: MachineId, beat: Beat): void;
	/** Whether this coordinator leads, as the log confirmed a short time ago; and where the leader is. */
	leadership(): { leads: boolean; url: string | undefined };
	/**
	 * The term in which this coordinator may change something outside of the log at this moment. Undefined while it may not: it does not lead, the
	 * log has not confirmed so for too long, or whoever led before may still believe that he does.
	 */
	actsIn(): number | undefined;
	/** True when the log can be written to and the state is current. `undecided`: what a leader does not decide all the same, by an error of ours. */
	ready(): { ready: boolean; reason: string; undecided?: string | undefined };
	/** Recorded events behind `after`, at most `limit`, oldest first. From memory where possible, else from the log. */
	events(after: number, limit: number): Promise<readonly Event[]>;
	/** Every event from now on, in order. Returns how to stop. A listener that throws is dropped. */
	subscribe(listener: (event: Event) => void): () => void;
}
