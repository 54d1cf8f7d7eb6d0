import { LOG_MOVES } from "./log-moves.ts";
import { MACHINE_MOVES } from "./machine-moves.ts";
import { OPERATOR_MOVES } from "./operator-moves.ts";
import { PROCESS_MOVES } from "./process-moves.ts";
import { Random } from "./random.ts";
import type { World } from "./world.ts";

/** What goes wrong, or what people do; weights say how often. `damage`: the log is not any more what was acknowledged. */
export interface MoveKind {
	readonly weight: number;
	readonly damage?: true;
	readonly act: (world: World, luck: Random) => void;
}

/** One move of a run. Its luck is its own, so that leaving out another one does not change it. */
export interface Move {
	readonly index: number;
	readonly name: string;
	/** How long after the one before it, in milliseconds. */
	readonly after: number;
}

const MOVES: Readonly<Record<string, MoveKind>> = {
	...MACHINE_MOVES,
	...OPERATOR_MOVES,
	...PROCESS_MOVES,
	...LOG_MOVES,
};

/** The moves of a run. */
export function planMoves(random: Random, count: number, { damage }: { readonly damage: boolean }): Move[] {
	const kinds = Object.entries(MOVES)
		.filter(([, kind]) => damage || !kind.damage)
		.map(([name, kind]) => [name, { weight: kind.damage ? kind.weight * 4 : kind.weight }] as const);
	const total = kinds.reduce((sum, [, { weight }]) => sum + weight, 0);
	return Array.from({ length: count }, (_, index) => {
		let at = random.next() * total;
		const [name] = kinds.find(([, { weight }]) => {
			at -= weight;
			return at < 0;
		}) ?? ["nothing"];
		return { index, name, after: random.int(100, 8_000) };
	});
}

export function make(world: World, { index, name }: Move): void {
	const luck = new Random(world.seed * 65_537 + index);
	MOVES[name]?.act(world, luck);
}
