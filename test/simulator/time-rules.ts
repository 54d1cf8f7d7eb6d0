import type { Event } from "@rollcall/protocol";
import { must } from "./broken.ts";
import type { Coordinator } from "./coordinator.ts";
import type { World } from "./world.ts";

/** What the log's time may drift by from the true time: a part of the time that passed, and what an entry is on its way, an unanswered try before it included. */
const DRIFT = 0.01;
const SLACK_MS = 12_000;

/** Time goes on: while one coordinator leads, the log's time passes as the true time does, whatever becomes of clocks. */
export class TimeRules {
	readonly #world: World;
	#last: { readonly term: string; readonly at: number; readonly now: number } | undefined;

	constructor(world: World) {
		this.#world = world;
	}

	take(by: Coordinator, events: readonly Event[]): void {
		const { now } = this.#world.schedule;
		const at = events.at(-1)?.at ?? 0;
		const term = `${by.name} ${by.listensSince}`;
		const last = this.#last;
		this.#last = { term, at, now };
		if (!last || last.term !== term || events.some(({ type }) => type === "leader-elected")) return;
		const drift = Math.abs(at - last.at - (now - last.now));
		const slack = SLACK_MS + (now - last.now) * DRIFT + by.stoodStill(last.now - SLACK_MS);
		must(drift <= slack, "time goes on", () => `${by.name}: ${at - last.at} ms of the log in ${now - last.now} ms`);
	}
}
