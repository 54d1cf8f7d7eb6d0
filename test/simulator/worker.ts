import { parentPort, workerData } from "node:worker_threads";
import { type RunOptions, run } from "./run.ts";

/** Which seeds a worker runs: every so many one of them. */
export interface Share {
	readonly first: number;
	readonly count: number;
	readonly every: number;
	readonly options: Omit<RunOptions, "seed">;
	/** It ends when so many of its seeds failed. */
	readonly failures: number;
}

/** What a worker tells of a run. */
export interface Ran {
	readonly seed: number;
	readonly events: number;
	readonly virtualMs: number;
	/** What must hold and did not; absent where all is well. */
	readonly broken?: string | undefined;
}

// Where errors were made nobody reads here: a seed that failed is run again to be told of. To write it down takes a tenth of a run.
Error.stackTraceLimit = 0;

const { first, count, every, options, failures } = workerData as Share;
let failed = 0;
for (let seed = first; seed < first + count; seed += every) {
	const { events, virtualMs, failure } = await run({ ...options, seed });
	parentPort?.postMessage({ seed, events, virtualMs, broken: failure?.message } satisfies Ran);
	if (failure && ++failed === failures) break;
}
