import { apply, EMPTY_FLEET, type Fleet, fleetFromJson, fleetToJson, stateDigest } from "@rollcall/coordinator";
import type { BootId, Digest, Event, MachineId } from "@rollcall/protocol";
import { must } from "./broken.ts";
import type { CoordinatorModel } from "./coordinator.ts";
import { checkEvent } from "./event-rules.ts";
import { checkAdopted, checkFleet } from "./fleet-rules.ts";
import { Ledger } from "./ledger.ts";
import type { World } from "./world.ts";

/** Entries between two comparisons of whole states, which cost most. */
const COMPARE_EVERY = 15;

/** Watches a world, with a memory of its own, and ends the run at the first thing that must not be. */
export class Checker {
	/** The fold of the log by the true `apply`, whatever the coordinators use. */
	truth: Fleet = EMPTY_FLEET;
	ledger = new Ledger();
	entries = 0;
	events = 0;
	readonly #world: World;
	#origin = 1;
	#digests = new WeakMap<object, Digest>();
	/** When a leader last got a beat of a machine's boot, in true time. */
	readonly #heardAt = new Map<string, number>();

	constructor(world: World) {
		this.#world = world;
	}

	onAppended(by: CoordinatorModel): void {
		const { log } = this.#world;
		if (log.origin !== this.#origin) this.#begin(log.origin);
		const entry = log.entries.at(-1);
		for (const event of entry?.events ?? []) {
			const before = this.truth;
			this.truth = apply(before, event);
			must(event.seq === before.seq + 1, "events are numbered without gaps", () => `${before.seq} then ${event.seq}`);
			must(isNews(before, this.truth, event), "every recorded event fits the state", () => JSON.stringify(event));
			checkEvent({ world: this.#world, by, before, after: this.truth, event, ledger: this.ledger });
			this.ledger.take(event);
			this.events += 1;
		}
		checkFleet(this.truth, entry?.events ?? []);
		checkAdopted(this.#world, this.truth, entry?.events ?? []);
		this.entries += 1;
		if (this.entries % COMPARE_EVERY === 0) this.compare(by);
	}

	/** The state that a coordinator holds is the fold of the log, and its indices follow from the rest. */
	compare(by: CoordinatorModel): void {
		const [held, folded] = [stateDigest(by.fleet, this.#digests), stateDigest(this.truth, this.#digests)];
		must(held === folded, "state is the fold of the log", () => `${by.name} differs at ${this.truth.seq}`);
		const again = fleetFromJson(JSON.parse(JSON.stringify(fleetToJson(by.fleet))));
		for (const index of ["seats", "nodeNames", "claims", "tokenByHash"] as const) {
			const [is, should] = [by.fleet[index], again?.[index]];
			const equal = is.size === should?.size && JSON.stringify(sorted(is)) === JSON.stringify(sorted(should));
			must(equal, "indices follow from the state", () => `${index}: ${is.size} entries, ${should?.size} expected`);
		}
	}

	onHeard(by: CoordinatorModel, { machineId, bootId }: { machineId: MachineId; bootId: BootId }): void {
		this.#heardAt.set(`${by.name} ${machineId} ${bootId}`, this.#world.schedule.now);
	}

	/** For how long a coordinator has not heard a boot of a machine. */
	silence(by: CoordinatorModel, machineId: MachineId, bootId: BootId): number {
		const heardAt = this.#heardAt.get(`${by.name} ${machineId} ${bootId}`);
		return this.#world.schedule.now - (heardAt ?? Number.NEGATIVE_INFINITY);
	}

	#begin(origin: number): void {
		this.#origin = origin;
		this.truth = EMPTY_FLEET;
		this.ledger = new Ledger();
	}
}

/** Events that are only told change nothing but the count. */
function isNews(before: Fleet, after: Fleet, event: Event): boolean {
	if (event.type === "enrollment-refused" || event.type === "log-started") return true;
	const keys = Object.keys(after) as (keyof Fleet)[];
	return keys.some((key) => key !== "seq" && key !== "at" && after[key] !== before[key]);
}

function sorted(map: Iterable<readonly [string, unknown]>): unknown[] {
	return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}
