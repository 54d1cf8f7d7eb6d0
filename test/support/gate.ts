/**
 * Lets so many in at a time. AVA runs the tests of a file at the same time; those that start a dozen processes each take
 * turns, so that deadlines mean something on a small machine. Returns what ends the turn.
 */
export function createGate(width: number): () => Promise<() => void> {
	const queue: (() => void)[] = [];
	let inside = 0;
	return async () => {
		if (inside >= width) await new Promise<void>((enter) => queue.push(enter));
		else inside += 1;
		return () => {
			const next = queue.shift();
			if (next) next();
			else inside -= 1;
		};
	};
}
