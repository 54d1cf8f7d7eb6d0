import type { Event } from "@rollcall/protocol";
import { must } from "./broken.ts";
import type { Coordinator } from "./coordinator.ts";
import type { World } from "./world.ts";

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

	constructor(world: World) {
		this.#world = world;
	}

	take(by: Coordinator, events: readonly Event[]): void {
		this.#atMostOneActs();
		if (!events.some(({ type }) => type === "leader-elected")) return;
		this.newest = { leader: by.name, since: this.#world.schedule.now };
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
		const acting = this.#world.coordinators.filter(({ acts }) => acts).map(({ name }) => name);
		must(acting.length <= 1, "never two leases", () => `${acting.join(" and ")} may act outside of the log`);
	}
}
