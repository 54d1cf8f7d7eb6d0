/**
 * Calls `onEnd` once when the pipe at standard input closes: whoever held its other end is gone, in whatever way. How the
 * processes of a rehearsal are tied to each other.
 */
export function whenStdinEnds(onEnd: () => void): void {
	process.stdin
		.on("error", () => {})
		.once("close", onEnd)
		.resume();
}
