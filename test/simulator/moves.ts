import { type About, TELLINGS } from "./about.ts";
import { ADDRESS_MOVES } from "./address-moves.ts";
import { COPY_MOVES } from "./copy-moves.ts";
import { ETCD_MOVES } from "./etcd-moves.ts";
import { KEY_MOVES } from "./key-moves.ts";
import { LATE_MOVES } from "./late-moves.ts";
import { LEAD_MOVES } from "./lead-moves.ts";
import { LOG_MOVES } from "./log-moves.ts";
import { LOSS_MOVES } from "./loss-moves.ts";
import { MACHINE_MOVES } from "./machine-moves.ts";
import { MEMORY_MOVES } from "./memory-moves.ts";
import { OPERATOR_MOVES } from "./operator-moves.ts";
import { PROCESS_MOVES } from "./process-moves.ts";
import { Random } from "./random.ts";
import { ROLE_MOVES } from "./role-moves.ts";
import { ROOM_MOVES } from "./room-moves.ts";
import { TAKEOVER_MOVES } from "./takeover-moves.ts";
import { VERSION_MOVES } from "./version-moves.ts";
import type { World } from "./world.ts";

/** What goes wrong, or what people do; weights say how often. `damage`: the log is not any more what was acknowledged. */
export interface MoveKind {
	readonly weight: number;
	readonly damage?: true;
	/** Comes only in stories about this, and often. */
	readonly about?: Exclude<About, "anything">;
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
	...ADDRESS_MOVES,
	...MACHINE_MOVES,
	...OPERATOR_MOVES,
	...PROCESS_MOVES,
	...LOG_MOVES,
	...ETCD_MOVES,
	...MEMORY_MOVES,
	...KEY_MOVES,
	...TAKEOVER_MOVES,
	...VERSION_MOVES,
	...LATE_MOVES,
	...LEAD_MOVES,
	...LOSS_MOVES,
	...COPY_MOVES,
	...ROOM_MOVES,
	...ROLE_MOVES,
};

/** What a story is about makes its moves come so much more often. */
const OFTEN = 6;

function isFor(kind: MoveKind, about: About): boolean {
	return (kind.about ?? about) === about || (kind.about === "etcd" && TELLINGS[about].withEtcd === true);
}

/** The moves of a run. `about`: what most of them are about. */
export function planMoves(
	random: Random,
	count: number,
	{ damage, about }: { readonly damage: boolean; readonly about: About },
): Move[] {
	const kinds = Object.entries(MOVES)
		.filter(([, kind]) => (damage || !kind.damage) && isFor(kind, about))
		.map(([name, kind]) => {
			const often = (kind.damage ? 4 : 1) * (kind.about !== undefined ? OFTEN : 1);
			return [name, { weight: kind.weight * often }] as const;
		});
	const total = kinds.reduce((sum, [, { weight }]) => sum + weight, 0);
	return Array.from({ length: count }, (_, index) => {
		let at = random.next() * total;
		const [name] = kinds.find(([, { weight }]) => {
			at -= weight;
			return at < 0;
		}) ?? ["nothing"];
		return { index, name, after: random.int(100, TELLINGS[about].gapMs) };
	});
}

export function make(world: World, { index, name }: Move): void {
	const luck = new Random(world.seed * 65_537 + index);
	MOVES[name]?.act(world, luck);
}
