import { setTimeout as pause } from "node:timers/promises";
import { EVENT_TIMES } from "@rollcall/coordinator/simulator";
import type { Event } from "@rollcall/protocol";
import { Fault, must } from "../fault.ts";
import { ask, type Door } from "./writer.ts";

const PAUSE_MS = 300;
const PAGE = 500;
/** What is told by the wall clock as it is just now. */
const DATES: ReadonlySet<string> = new Set(EVENT_TIMES);

/** All events that coordinators ever showed, by number. */
export class History {
	#events = new Map<number, { readonly text: string; readonly event: Event; readonly from: string }>();
	#era = 0;
	#fault: Fault | undefined;
	#stopped = false;
	readonly #work: Promise<void>[];

	constructor(doors: readonly Door[]) {
		this.#work = doors.map((door) => this.#follow(door));
	}

	/** The log may be another one from now on: what was seen does not count any more. */
	forget(): void {
		this.#era += 1;
		this.#events = new Map();
	}

	/** Looks no more. Throws the Fault that was found on the way. */
	async stop(): Promise<void> {
		this.#stopped = true;
		await Promise.all(this.#work);
		if (this.#fault) throw this.#fault;
	}

	/** Takes in all that a coordinator shows, and gives everything seen back, in order. Throws a Fault where something was changed. */
	async complete(door: Door): Promise<readonly Event[]> {
		for (let after = 0; ; ) {
			const found = await this.#read(door, after);
			if (found === undefined) throw new Error(`${door.name} shows no events`);
			if (found === after) break;
			after = found;
		}
		if (this.#fault) throw this.#fault;
		return [...this.#events].sort(([a], [b]) => a - b).map(([, { event }]) => event);
	}

	async #follow(door: Door): Promise<void> {
		let [era, after] = [-1, 0];
		while (!this.#stopped) {
			if (era !== this.#era) [era, after] = [this.#era, 0];
			const found = await this.#read(door, after);
			if (era === this.#era && found !== undefined && found > after) after = found;
			else await pause(PAUSE_MS);
		}
	}

	/** The number of the last event behind `after` that a coordinator shows now, in one page; undefined when it does not answer. */
	async #read(door: Door, after: number): Promise<number | undefined> {
		const era = this.#era;
		const answer = await ask(door, "GET", `/v1/events?after=${after}&limit=${PAGE}`);
		if (answer?.status !== 200 || era !== this.#era) return undefined;
		const { events } = answer.body as { events: Event[] };
		try {
			for (const event of events) this.#take(event, door.name);
		} catch (error) {
			if (error instanceof Fault) this.#fault ??= error;
			else throw error;
		}
		return events.at(-1)?.seq ?? after;
	}

	#take(event: Event, from: string): void {
		const text = JSON.stringify(event, (key, value) => (DATES.has(key) ? undefined : value));
		const before = this.#events.get(event.seq);
		must(
			!before || before.text === text,
			"an event that was shown stays what it is",
			() => `${event.seq} was ${before?.text} (${before?.from}), is ${text} (${from})`,
		);
		if (!before) this.#events.set(event.seq, { text, event, from });
	}
}
