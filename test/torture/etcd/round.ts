import type { Random } from "../../simulator/random.ts";
import type { EtcdScene } from "./scene.ts";
import type { Seat } from "./seat.ts";

/** One round: something is done to etcd's machines, and then all is to be well again. */
export interface Round {
	readonly name: string;
	/** True where a majority is lost. */
	readonly falls?: boolean;
	/**
	 * Does it. Returns the time, of the own monotonic clock, up to which acknowledged writes must be there afterwards; undefined where a
	 * majority lived all the time, so that all must be.
	 */
	run(scene: EtcdScene, random: Random): Promise<number | undefined>;
}

/** So many members at a time may go without a loss. */
export const spare = ({ declared }: EtcdScene): number => declared.members - (Math.floor(declared.members / 2) + 1);

/** So many of the machines that hold etcd, at random. */
export async function some(scene: EtcdScene, random: Random, count: number): Promise<Seat[]> {
	const held = (await scene.members()).map(({ seat }) => seat);
	const chosen: Seat[] = [];
	while (chosen.length < count && held.length > 0) chosen.push(...held.splice(random.int(0, held.length - 1), 1));
	return chosen;
}
