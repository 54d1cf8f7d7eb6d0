import type { Event } from "@rollcall/protocol";
import { Broken, must } from "./broken.ts";
import type { Coordinator } from "./coordinator.ts";
import type { World } from "./world.ts";

/** Who was not confirmed by the log for so long leads no more, in milliseconds; with the way of an answer. */
const LEASE_MS = 5_100;

/** A lead, by whoever was elected for it last. */
export interface Term {
	readonly leader: string;
	readonly since: number;
}

/** Who was elected when, and that nobody acts outside of the log once his successor has, nor two at a time. */
export class Terms {
	readonly #world: World;
	newest: Term = { leader: "", since: 0 };
	/** The newest term in which somebody acted. */
	#acted: Term | undefined;
	/** When the log lost its end last. */
	#forgotAt = Number.NEGATIVE_INFINITY;

	constructor(world: World) {
		this.#world = world;
	}

	take(by: Coordinator, events: readonly Event[]): void {
		this.#atMostOneActs();
		if (!events.some(({ type }) => type === "leader-elected")) return;
		this.newest = { leader: by.name, since: this.#world.schedule.now };
	}

	/** The log lost its end: it may not say any more who was elected, and confirm who led before; whom it confirmed last has a lease to notice that. */
	forget(): void {
		this.#forgotAt = this.#world.schedule.now;
		this.newest = { leader: "", since: this.#world.schedule.now };
	}

	/** Who says that he leads was confirmed by the log within a lease: another one was not elected before that. What is thrown where he says so may be caught. */
	checkLead(by: Coordinator): void {
		const { leader, since } = this.newest;
		const ms = this.#world.schedule.now - since;
		if (leader === "" || leader === by.name || ms <= LEASE_MS || !by.leads) return;
		const text = `${by.name} says so, and ${leader} was elected ${ms} ms ago`;
		this.#world.onThrown(new Broken("nobody leads whom the log has not confirmed", text));
	}

	/** A coordinator changes something outside of the log. `begun`: the term in which it began to, where that is known. */
	act(by: Coordinator, what: string, begun?: Term): void {
		this.#atMostOneActs();
		const { leader, since } = this.newest;
		const isOwn = leader === by.name && (begun === undefined || begun === this.newest);
		must(
			isOwn || this.#acted !== this.newest,
			"no effect of an old term",
			() => `${by.name} ${what}, and ${leader} leads for ${this.#world.schedule.now - since} ms and has acted`,
		);
		if (isOwn) this.#acted = this.newest;
	}

	#atMostOneActs(): void {
		if (this.#world.schedule.now - this.#forgotAt <= LEASE_MS) return;
		const acting = this.#world.coordinators.filter(({ acts }) => acts).map(({ name }) => name);
		must(acting.length <= 1, "never two leases", () => `${acting.join(" and ")} may act outside of the log`);
	}
}
