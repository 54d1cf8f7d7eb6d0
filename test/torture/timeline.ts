import { appendFileSync } from "node:fs";
import { join } from "node:path";

/** What was done when, on standard output and in a file of the run's folder. */
export interface Timeline {
	/** A line, with the seconds since the beginning before it. */
	tell(line: string): void;
}

export function createTimeline(folder: string): Timeline {
	const began = performance.now();
	return {
		tell(line) {
			const text = `${((performance.now() - began) / 1000).toFixed(1).padStart(7)} ${line}\n`;
			process.stdout.write(text);
			appendFileSync(join(folder, "timeline"), text);
		},
	};
}
