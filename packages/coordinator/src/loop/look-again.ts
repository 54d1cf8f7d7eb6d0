import type { BootId, HelloReply, MachineId } from "@rollcall/protocol";
import type { Machine } from "../domain/fleet.ts";

/** Between the first two times that a boot is asked to show itself; each pause after that is twice as long, up to the longest. In milliseconds. */
const FIRST_PAUSE_MS = 60_000;
const LONGEST_PAUSE_MS = 3_600_000;
/** So many boots are remembered; above that all are forgotten, and asked again. */
const MAX_BOOTS = 20_000;

/** What looking again needs. */
export interface LookAgainParts {
	/** Whether somebody is there who could look for one of these addresses. */
	readonly canSee: (addresses: readonly string[]) => boolean;
	readonly monotonic: () => number;
}

/**
 * Has a boot that only claims, since its relay did not look when it enrolled, enroll once more with its key when the relay is there: only a
 * signed request that comes from an address at that moment says whose it is. Only boots without a seat are asked, so nothing that runs notices.
 */
export class LookAgain {
	readonly #parts: LookAgainParts;
	readonly #asked = new Map<MachineId, { readonly bootId: BootId; readonly next: number; readonly pauseMs: number }>();

	constructor(parts: LookAgainParts) {
		this.#parts = parts;
	}

	/** What a machine is told instead of `reply`: to enroll again, where that is worth it now. */
	instead(machine: Machine | undefined, reply: HelloReply): HelloReply {
		if (!machine || reply.kind !== "wait" || reply.jwt !== undefined || !this.#isDue(machine)) return reply;
		return {
			kind: "problem",
			problem: {
				code: "unauthorized",
				message: `boot ${machine.bootId} of machine ${machine.machineId} was not observed when it enrolled, and its relay can look now`,
				next: "enroll again with the same key",
				machineId: machine.machineId,
			},
		};
	}

	#isDue({ machineId, bootId, grade, unobserved, seat, facts }: Machine): boolean {
		if (grade !== "claimed" || unobserved === undefined || seat) return false;
		const now = this.#parts.monotonic();
		const known = this.#asked.get(machineId);
		const last = known?.bootId === bootId ? known : undefined;
		if (last && now < last.next) return false;
		if (!this.#parts.canSee(facts.nics.flatMap(({ addresses }) => addresses))) return false;
		if (this.#asked.size >= MAX_BOOTS) this.#asked.clear();
		const pauseMs = last ? Math.min(last.pauseMs * 2, LONGEST_PAUSE_MS) : FIRST_PAUSE_MS;
		this.#asked.set(machineId, { bootId, next: now + pauseMs, pauseMs });
		return true;
	}
}
