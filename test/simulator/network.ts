import type { Random } from "./random.ts";
import type { Schedule } from "./schedule.ts";

/** How bad the network is. Chances are per message, times in milliseconds. */
export interface Weather {
	loss: number;
	double: number;
	/** Chance of a delay of some seconds, by which messages overtake each other. */
	late: number;
}

export const FAIR: Weather = { loss: 0, double: 0, late: 0 };

/** Carries messages between boxes and coordinators: late, twice, in any order, or not at all. */
export class Network {
	weather: Weather = FAIR;
	/** Names of boxes and coordinators that are cut off. */
	readonly cut = new Set<string>();
	readonly #schedule: Schedule;
	readonly #random: Random;

	constructor(schedule: Schedule, random: Random) {
		this.#schedule = schedule;
		this.#random = random;
	}

	send(from: string, to: string, deliver: () => void): void {
		const random = this.#random;
		const copies = random.chance(this.weather.double) ? 2 : 1;
		for (let copy = 0; copy < copies; copy++) {
			const delay = random.chance(this.weather.late) ? random.int(500, 8_000) : random.int(1, 20);
			const lost = random.chance(this.weather.loss) || this.cut.has(from) || this.cut.has(to);
			if (!lost) this.#schedule.after(delay, () => !this.cut.has(to) && deliver());
		}
	}
}
