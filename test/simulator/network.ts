import type { Random } from "./random.ts";
import type { Schedule } from "./schedule.ts";

/** How bad the network is. Chances are per message. */
export interface Weather {
	loss: number;
	double: number;
	/** Chance of a delay of some seconds, by which messages overtake each other. */
	late: number;
}

export const FAIR: Weather = { loss: 0, double: 0, late: 0 };

/** Which messages of somebody get lost: all, those that it sends, or those that it should get. */
export type Cut = "both" | "out" | "in";

/** After so long, in milliseconds, who is cut off notices it. */
const NOTICED_MS = 6_000;

/** Carries messages between boxes, coordinators and the log: late, twice, in any order, or not at all. */
export class Network {
	#weather: Weather = FAIR;
	#fairAt = 0;
	readonly #cuts = new Map<string, { readonly at: number; readonly cut: Cut }>();
	/** How often somebody lost its connection and has it again. */
	readonly #reconnects = new Map<string, number>();
	readonly #reconnectedAt = new Map<string, number>();
	#healedAt = 0;
	readonly #healedAtOf = new Map<string, number>();
	readonly #schedule: Schedule;
	readonly #random: Random;
	readonly #reconnected: (name: string) => void;

	/** `reconnected`: somebody lost its connection and has it again. */
	constructor(schedule: Schedule, random: Random, reconnected: (name: string) => void) {
		this.#schedule = schedule;
		this.#random = random;
		this.#reconnected = reconnected;
	}

	get weather(): Weather {
		return this.#weather;
	}

	set weather(weather: Weather) {
		if (weather === FAIR && this.#weather !== FAIR) this.#fairAt = this.#schedule.now;
		this.#weather = weather;
	}

	/** True when nothing got lost since some time: nobody was cut off, and the weather was fair. */
	clearSince(since: number): boolean {
		return this.calmSince(since) && this.#fairAt <= since;
	}

	cut(name: string, cut: Cut = "both"): void {
		this.#cuts.set(name, { at: this.#schedule.now, cut });
	}

	heal(name: string): void {
		const was = this.connected(name);
		if (this.#cuts.delete(name)) {
			this.#healedAt = this.#schedule.now;
			this.#healedAtOf.set(name, this.#healedAt);
		}
		if (!was) this.reconnect(name);
	}

	/** The connection was lost and is there again. */
	reconnect(name: string): void {
		this.#reconnects.set(name, this.reconnects(name) + 1);
		this.#reconnectedAt.set(name, this.#schedule.now);
		this.#reconnected(name);
	}

	healAll(): void {
		for (const name of [...this.#cuts.keys()]) this.heal(name);
	}

	/** True when nobody was cut off since some time, and the weather is fair. */
	calmSince(since: number): boolean {
		return this.#cuts.size === 0 && this.weather === FAIR && this.#healedAt <= since;
	}

	/** As it believes itself. */
	connected(name: string): boolean {
		const cut = this.#cuts.get(name);
		return !cut || this.#schedule.now - cut.at < NOTICED_MS;
	}

	/** Some of its messages get lost now, whether it knows that or not. */
	isCut(name: string): boolean {
		return this.#cuts.has(name);
	}

	/** Nothing of what it sends, or should get, got lost since some time. */
	isJoinedSince(name: string, since: number): boolean {
		return !this.isCut(name) && this.reconnectedAt(name) <= since && (this.#healedAtOf.get(name) ?? 0) <= since;
	}

	/** Two can speak with each other. */
	areJoined(a: string, b: string): boolean {
		return !this.isCut(a) && !this.isCut(b);
	}

	reconnects(name: string): number {
		return this.#reconnects.get(name) ?? 0;
	}

	/** When somebody had its connection again last; 0 when it never lost it. */
	reconnectedAt(name: string): number {
		return this.#reconnectedAt.get(name) ?? 0;
	}

	/** A message between agents and coordinators. */
	send(from: string, to: string, deliver: () => void): void {
		const random = this.#random;
		const copies = random.chance(this.weather.double) ? 2 : 1;
		for (let copy = 0; copy < copies; copy++) {
			const delay = random.chance(this.weather.late) ? random.int(500, 8_000) : 1 + random.next() * 20;
			if (random.chance(this.weather.loss)) continue;
			this.#carry({ from, to, delay, deliver });
		}
	}

	/** A message that comes once and in order, if at all: between a coordinator and the log. */
	stream(from: string, to: string, deliver: () => void): void {
		this.#carry({ from, to, delay: 0.5, deliver });
	}

	#carry({ from, to, delay, deliver }: { from: string; to: string; delay: number; deliver: () => void }): void {
		if (this.#isCut(from, "out") || this.#isCut(to, "in")) return;
		this.#schedule.after(delay, () => {
			if (!this.#isCut(to, "in")) deliver();
		});
	}

	#isCut(name: string, way: "out" | "in"): boolean {
		const cut = this.#cuts.get(name)?.cut;
		return cut === "both" || cut === way;
	}
}
