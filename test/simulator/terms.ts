import type { Event } from "@rollcall/protocol";
import { must } from "./broken.ts";
import type { Coordinator } from "./coordinator.ts";
import type { World } from "./world.ts";

/** So long a coordinator may act on a lead that the log confirmed just before another one was elected, in milliseconds. */
const CONFIRMED_MS = 5_000;

/** A lead, by whoever was elected for it last. */
export interface Term {
	readonly leader: string;
	readonly since: number;
}

/** Who was elected when, and that nobody acts outside of the log on a lead that is over. */
export class Terms {
	readonly #world: World;
	newest: Term = { leader: "", since: 0 };

	constructor(world: World) {
		this.#world = world;
	}

	take(by: Coordinator, events: readonly Event[]): void {
		if (!events.some(({ type }) => type === "leader-elected")) return;
		this.newest = { leader: by.name, since: this.#world.schedule.now };
	}

	/** A coordinator changes something outside of the log. `begun`: the term in which it began to, where that is known. */
	act(by: Coordinator, what: string, begun?: Term): void {
		const { leader, since } = this.newest;
		const isOwn = leader === by.name && (begun === undefined || begun === this.newest);
		const over = this.#world.schedule.now - since;
		must(
			isOwn || over < CONFIRMED_MS,
			"no effect of an old term",
			() => `${by.name} ${what}, and ${leader} leads for ${over} ms`,
		);
	}
}
