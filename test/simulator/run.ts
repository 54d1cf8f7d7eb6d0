import { fastDigests } from "@rollcall/coordinator/simulator";
import { type About, TELLINGS } from "./about.ts";
import { Broken } from "./broken.ts";
import { calm } from "./calm.ts";
import { followReasons } from "./follow-reasons.ts";
import { checkSettled, isSettled } from "./liveness.ts";
import { type Move, make, planMoves } from "./moves.ts";
import { Random } from "./random.ts";
import { checkTimely } from "./timeliness.ts";
import { noteBeyond } from "./version-rules.ts";
import { World } from "./world.ts";

export interface RunOptions {
	readonly seed: number;
	/** How many boxes; by chance when it is not given. */
	readonly machines?: number | undefined;
	/** How many faults and acts of people. */
	readonly steps?: number | undefined;
	/** What its moves are about; anything when it is not given. */
	readonly about?: About | undefined;
	/** Of its moves only these, by their index; all without it. */
	readonly only?: readonly number[] | undefined;
}

export interface RunResult {
	readonly seed: number;
	readonly machines: number;
	readonly virtualMs: number;
	readonly entries: number;
	readonly events: number;
	/** A digest over all that was ever logged: equal for equal runs. */
	readonly logHash: string;
	readonly moves: readonly Move[];
	/** What its log holds in the end, by position. */
	readonly stored: () => ReadonlyMap<number, Uint8Array>;
	/** What happened, one line each. */
	readonly story: () => readonly string[];
	readonly failure?: {
		readonly step: number;
		readonly invariant: string;
		readonly message: string;
		/** What happened up to there, one line each. */
		readonly story: readonly string[];
		/** The same, of its events only the newest. */
		readonly shortStory: readonly string[];
	};
}

/** So many of its newest events a short story has. */
const NEWEST = 25;

/** Between two looks whether all is well, and how many looks in a row must find it so. */
const LOOK_MS = 4_000;
const WELL_LOOKS = 3;
/** How many runs go on after all was well, and for how long: what holds in the end holds later. */
const PATIENT = 0.15;
const PATIENT_MS = 150_000;
/** So often a person looks again whether anything is to be done, and so often where it is not well yet and there is. */
const ROUNDS = 3;
const MOST_ROUNDS = 6;

fastDigests();

/** One run: a fleet comes up, things go wrong, everything is put right, and all is well again. Equal for equal options. */
export async function run(options: RunOptions): Promise<RunResult> {
	const shape = new Random(options.seed * 7919 + 17);
	const machines = options.machines ?? (shape.chance(0.01) ? shape.int(50, 150) : shape.int(3, 9));
	const steps = options.steps ?? shape.int(8, 40);
	const about = options.about ?? "anything";
	const damage = shape.chance(TELLINGS[about].damage ?? 0.3);
	const world = new World({
		about,
		seed: options.seed,
		machines,
		coordinators: Math.max(shape.int(1, 2), TELLINGS[about].shared ? 2 : 1),
		// What a kept state stands for nobody has to understand any more.
		logBytes:
			(shape.chance(0.3) || TELLINGS[about].shortLog) && about !== "versions"
				? shape.int(60_000, TELLINGS[about].shortLog ? 120_000 : 300_000)
				: 64 * 1024 * 1024,
	});
	const all = planMoves(shape, steps, { damage, about });
	const patient = shape.chance(PATIENT);
	const moves = all.filter(({ index }) => options.only?.includes(index) ?? true);
	let step = 0;
	let failure: RunResult["failure"];
	try {
		await world.schedule.runUntil(world.random.int(20_000, 70_000));
		for (const move of all) {
			step = move.index;
			if (moves.includes(move)) {
				world.story.tell(`* ${move.name}`);
				noteBeyond(world);
				make(world, move);
			}
			checkTimely(world);
			if (world.thrown !== undefined) throw world.thrown;
			await world.schedule.runUntil(world.schedule.now + move.after);
		}
		calm(world);
		await world.schedule.runUntil(world.schedule.now + 5_000);
		if (world.checker.damaged) world.restartCoordinators();
		// What a reason asks for is done, and leads to the next one, now and then.
		followReasons(world);
		let well = await settle(world, patient ? PATIENT_MS : 0);
		for (let round = 0; round < (well ? ROUNDS : MOST_ROUNDS); round++) {
			if (!followReasons(world) && (well || round >= ROUNDS)) break;
			well = await settle(world);
		}
		// What began in the last round has its time as well: a rollout reaches one control plane after the other, and what was refused is asked for again later and later.
		if (!well) await settle(world);
		checkSettled(world);
	} catch (error) {
		const broken = error instanceof Broken ? error.invariant : "nothing throws";
		failure = {
			step,
			invariant: broken,
			message: error instanceof Error ? (error.stack ?? error.message) : String(error),
			story: world.story.lines(),
			shortStory: world.story.lines(NEWEST),
		};
	}
	// Signals that others were made of keep all that waits for them, until they come.
	for (const { process, stop } of world.agents) {
		process.end();
		stop.abort("the run is over");
	}
	const { entries, events } = world.checker;
	const result = {
		seed: options.seed,
		machines,
		moves,
		virtualMs: world.schedule.now,
		entries,
		events,
		logHash: world.store.hash,
		stored: () => world.store.entries,
		story: () => world.story.lines(),
	};
	return failure ? { ...result, failure } : result;
}

/** Lets time pass until all is well and stays so, or for as long as that may take, but `least` milliseconds. False: not all is well. */
async function settle(world: World, least = 0): Promise<boolean> {
	const { schedule } = world;
	const [from, until] = [schedule.now + least, schedule.now + Math.max(least, TELLINGS[world.about].settleMs)];
	let well = 0;
	while (schedule.now < until && (schedule.now < from || well < WELL_LOOKS)) {
		await schedule.runUntil(Math.min(until, schedule.now + LOOK_MS));
		if (world.thrown !== undefined) throw world.thrown;
		checkTimely(world);
		well = isSettled(world) ? well + 1 : 0;
	}
	return well > 0;
}
