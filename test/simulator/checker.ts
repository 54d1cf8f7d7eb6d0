import type { Fleet } from "@rollcall/coordinator/simulator";
import type { BootId, Digest, Event, MachineId } from "@rollcall/protocol";
import { must } from "./broken.ts";
import type { Coordinator } from "./coordinator.ts";
import { checkEvent } from "./event-rules.ts";
import { checkAdopted, checkFleet } from "./fleet-rules.ts";
import { foldOf } from "./fold.ts";
import { RoomRules } from "./room-rules.ts";
import { Seen } from "./seen.ts";
import { noteSnapshots } from "./snapshot-rules.ts";
import { Terms } from "./terms.ts";
import { checkExpired } from "./through-rules.ts";
import { TimeRules } from "./time-rules.ts";
import { apply, EMPTY_FLEET, fleetFromJson, fleetToJson, stateDigest } from "./truth.ts";
import { checkWriter } from "./version-rules.ts";
import { loseWhatIs } from "./went-back.ts";
import type { World } from "./world.ts";

/** Entries between two comparisons of whole states, which cost most. */
const COMPARE_EVERY = 15;
/** So many messages a boot may send while an entry is on its way. */
const KEPT = 32;

/** A moment of the schedule, in which one thing comes after the other: what was heard before it is told by the count. */
export interface Moment {
	readonly at: number;
	readonly heard: number;
}

/** Watches a world, with a memory of its own, and ends the run at the first thing that must not be. */
export class Checker {
	/** The fold of the log by the true `apply`, whatever the coordinators use. */
	truth: Fleet = EMPTY_FLEET;
	ledger = new Seen();
	entries = 0;
	events = 0;
	/** The log is not any more what was acknowledged: rules that need all of it say nothing. */
	damaged = false;
	/** The fold of a log that lost its end, by the true `apply`; undefined where something else is wrong with it as well. */
	#left: Fleet | undefined;
	/** Some entry of the log is not what it was. */
	#isHarmed = false;
	/** Positions of entries that are not any more what was acknowledged, while nobody told of it. */
	untold = new Set<number>();
	/** The log went back behind what a coordinator has in its data folder, and nobody told of it. */
	backUntold = false;
	/** The boots that said that they end. */
	readonly saidBye = new Set<BootId>();
	/** The members of etcd that were ever recorded as being taken out, in whichever log. */
	readonly removing = new Set<string>();
	/** When the log was told to be in doubt last. */
	doubtedAt = Number.NEGATIVE_INFINITY;
	readonly terms: Terms;
	readonly #time: TimeRules;
	readonly #room = new RoomRules();
	readonly #world: World;
	#origin = 1;
	#digests = new WeakMap<object, Digest>();
	/** States that a coordinator held, and the fold with which each was compared. */
	readonly #alike = new WeakMap<Fleet, Fleet>();
	/** Which log a coordinator reads: of one that was put in its place it may know nothing yet, however far that goes. */
	readonly #reads = new Map<string, string>();
	/** When a leader got messages of a machine's boot, the newest last. */
	readonly #heardAt = new Map<string, Moment[]>();
	/** How often anybody was heard. */
	#heard = 0;
	/** When that was decided which is being stored. */
	#decidedAt: Moment | undefined;

	constructor(world: World) {
		this.#world = world;
		this.#time = new TimeRules(world);
		this.terms = new Terms(world);
	}

	/** The log is another one than before: an entry that somebody will read again is gone, or its newest ones are. */
	onDamage(position?: number): void {
		this.damaged = true;
		this.#isHarmed = true;
		this.#left = undefined;
		if (position !== undefined) this.untold.add(position);
	}

	/** The log's newest entries are not there any more; what is left of it is as it was. */
	onWentBack(): void {
		this.damaged = true;
		this.terms.forget();
		// What was damaged of them is gone, and others come in their places.
		for (const position of this.untold) if (position > this.#world.store.last) this.untold.delete(position);
		this.#left = this.#isHarmed ? undefined : foldOf(this.#world.store);
	}

	onReads(by: Coordinator, origin: string): void {
		this.#reads.set(by.name, origin);
	}

	/** What must have been told by now of damage: whoever began anew read the log again, but for what a person or proofs had accepted before. */
	stillUntold({ log }: Fleet): number[] {
		const { first, last } = this.#world.store;
		return [...this.untold].filter(
			(position) => position >= first && position <= last && position > (log?.checkedTo ?? 0),
		);
	}

	/** The store took an entry. Through JSON, as the real one: what is read is what was written. */
	onAppended(by: Coordinator, appended: readonly Event[], decidedAt: Moment): void {
		checkWriter(this.#world, by);
		const { store } = this.#world;
		this.#decidedAt = decidedAt;
		if (store.origin !== this.#origin) this.#begin(store.origin);
		const events = JSON.parse(JSON.stringify(appended)) as Event[];
		for (const event of events) {
			this.#world.story.tell(event);
			if (event.type === "machine-enrolled") this.onHeard(by, event);
			loseWhatIs(this.#world, event);
			if (event.type === "target-expired") checkExpired(this.#world, by, event);
			if (event.type === "manifests-named") this.#world.api.onAccepted(event);
			noteSnapshots(this.#world, event);
			if (event.type === "etcd-members-removing") for (const id of event.ids) this.removing.add(id);
		}
		this.#time.take(by, events);
		this.terms.take(by, events);
		if (events.some(({ type }) => type === "log-doubted")) {
			this.untold.clear();
			this.backUntold = false;
			this.doubtedAt = this.#world.schedule.now;
		}
		if (this.damaged) {
			for (const event of events) this.#left &&= apply(this.#left, event);
			this.events += events.length;
			this.#decidedAt = undefined;
			return;
		}
		for (const event of events) {
			const before = this.truth;
			this.truth = apply(before, event);
			this.#room.take(before, event);
			must(event.seq === before.seq + 1, "events are numbered without gaps", () => `${before.seq} then ${event.seq}`);
			must(isNews(before, this.truth, event), "every recorded event fits the state", () => JSON.stringify(event));
			checkEvent({ world: this.#world, by, before, after: this.truth, event, ledger: this.ledger });
			this.ledger.take(event);
			this.events += 1;
		}
		checkFleet(this.truth, events);
		checkAdopted(this.#world, this.truth, events);
		this.entries += 1;
		this.#decidedAt = undefined;
		if (this.entries % COMPARE_EVERY === 0) for (const one of this.#world.coordinators) this.compare(one);
	}

	/** The state that a coordinator holds is the fold of the log, and its indices follow from the rest. False: it is not as far yet. */
	compare(by: Coordinator): boolean {
		const { fleet } = by;
		if (this.damaged) {
			const left = this.#left;
			if (!left || fleet?.seq !== left.seq) return true;
			const isAlike = stateDigest(fleet, this.#digests) === stateDigest(left, this.#digests);
			must(isAlike, "state is the fold of the log", () => `${by.name} differs at ${left.seq}, after the log went back`);
			return true;
		}
		if (fleet?.seq !== this.truth.seq || this.#reads.get(by.name) !== `log-${this.#origin}`) return false;
		// States are immutable: two that were compared are alike for good.
		if (this.#alike.get(fleet) === this.truth) return true;
		const [held, folded] = [stateDigest(fleet, this.#digests), stateDigest(this.truth, this.#digests)];
		must(held === folded, "state is the fold of the log", () => `${by.name} differs at ${this.truth.seq}`);
		const again = fleetFromJson(JSON.parse(JSON.stringify(fleetToJson(fleet))));
		for (const index of ["seats", "nodeNames", "claims", "tokenByHash"] as const) {
			const [is, should] = [fleet[index], again?.[index]];
			const equal = is.size === should?.size && JSON.stringify(sorted(is)) === JSON.stringify(sorted(should));
			must(equal, "indices follow from the state", () => `${index}: ${is.size} entries, ${should?.size} expected`);
		}
		this.#alike.set(fleet, this.truth);
		return true;
	}

	/** Now. */
	moment(): Moment {
		return { at: this.#world.schedule.now, heard: this.#heard };
	}

	onHeard(by: Coordinator, { machineId, bootId }: { machineId: MachineId; bootId: BootId }): void {
		const key = `${by.name} ${machineId} ${bootId}`;
		const heard = this.#heardAt.get(key) ?? [];
		this.#heard += 1;
		if (heard.push(this.moment()) > 2 * KEPT) heard.splice(0, KEPT);
		this.#heardAt.set(key, heard);
	}

	/** For how long a coordinator had not heard a boot of a machine when it decided what is being stored, or has not now, while it ran. */
	silence(by: Coordinator, machineId: MachineId, bootId: BootId): number {
		const { at, heard } = this.#decidedAt ?? this.moment();
		// What waited while it stood still comes in the moment in which it goes on, and may come after what it decides then.
		const last = this.#heardAt.get(`${by.name} ${machineId} ${bootId}`)?.findLast((one) => one.heard <= heard);
		return last === undefined ? Number.POSITIVE_INFINITY : at - last.at - by.stoodStill(last.at, at);
	}

	#begin(origin: number): void {
		this.#origin = origin;
		this.damaged = false;
		this.#isHarmed = false;
		this.#left = undefined;
		this.untold.clear();
		// What went back is no more: nobody can find it out, and proofs begin the log anew in any case.
		this.backUntold = false;
		this.truth = EMPTY_FLEET;
		this.ledger = new Seen();
	}
}

const TOLD: ReadonlySet<Event["type"]> = new Set(["enrollment-refused", "log-started", "log-compacted"]);

/** Events that are only told change nothing but the count. */
function isNews(before: Fleet, after: Fleet, event: Event): boolean {
	if (TOLD.has(event.type)) return true;
	const keys = Object.keys(after) as (keyof Fleet)[];
	return keys.some((key) => key !== "seq" && key !== "at" && after[key] !== before[key]);
}

function sorted(map: Iterable<readonly [string, unknown]>): unknown[] {
	return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}
