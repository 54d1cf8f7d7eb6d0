import { describe } from "@rollcall/coordinator";
import { Broken } from "./broken.ts";
import { act, calm } from "./chaos.ts";
import { checkSettled } from "./liveness.ts";
import { type Parts, REAL_PARTS } from "./parts.ts";
import { Random } from "./random.ts";
import { checkTimely } from "./timeliness.ts";
import { World } from "./world.ts";

export interface RunOptions {
	readonly seed: number;
	/** How many boxes; by chance when it is not given. */
	readonly machines?: number | undefined;
	/** How many faults and acts of people. */
	readonly steps?: number | undefined;
	readonly parts?: Parts | undefined;
}

export interface RunResult {
	readonly seed: number;
	readonly machines: number;
	readonly virtualMs: number;
	readonly entries: number;
	readonly events: number;
	/** A digest over all that was ever logged: equal for equal runs. */
	readonly logHash: string;
	readonly failure?: {
		readonly step: number;
		readonly invariant: string;
		readonly message: string;
		/** The log up to there, in words. */
		readonly story: readonly string[];
	};
}

/** Long enough for tokens, targets and commands to end, and for rejected or lost machines to be found. */
const SETTLE_MS = 150_000;

/** One run: a fleet comes up, things go wrong, everything is put right, and all is well again. Equal for equal options. */
export function run(options: RunOptions): RunResult {
	const shape = new Random(options.seed * 7919 + 17);
	const machines = options.machines ?? (shape.chance(0.06) ? shape.int(100, 300) : shape.int(2, 24));
	const steps = options.steps ?? shape.int(10, 60);
	const world = new World({
		seed: options.seed,
		machines,
		coordinators: shape.int(1, 2),
		parts: options.parts ?? REAL_PARTS,
	});
	let step = 0;
	let failure: RunResult["failure"];
	try {
		world.schedule.runUntil(world.random.int(5_000, 60_000));
		for (; step < steps; step++) {
			act(world);
			checkTimely(world);
			world.schedule.runUntil(world.schedule.now + world.random.int(100, 8_000));
		}
		calm(world);
		world.schedule.runUntil(world.schedule.now + SETTLE_MS / 2);
		calm(world);
		world.schedule.runUntil(world.schedule.now + SETTLE_MS / 2);
		checkTimely(world);
		checkSettled(world);
	} catch (error) {
		const broken = error instanceof Broken ? error.invariant : "nothing throws";
		failure = {
			step,
			invariant: broken,
			message: error instanceof Error ? (error.stack ?? error.message) : String(error),
			story: storyOf(world),
		};
	}
	const { entries, events } = world.checker;
	const result = {
		seed: options.seed,
		machines,
		virtualMs: world.schedule.now,
		entries,
		events,
		logHash: world.log.hash,
	};
	return failure ? { ...result, failure } : result;
}

function storyOf({ log }: World): string[] {
	const events = log.entries.flatMap((entry) => entry.events);
	return events.map((event) => `${event.seq} ${new Date(event.at).toISOString()} ${describe(event)}`);
}
