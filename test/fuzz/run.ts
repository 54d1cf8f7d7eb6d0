import { createHash } from "node:crypto";
import { Random } from "../simulator/random.ts";
import type { Fed } from "./feeder.ts";
import { keepInput, keptInputs } from "./kept.ts";
import { mutate } from "./mutate.ts";
import { shrink } from "./shrink.ts";
import { type Fare, Table } from "./table.ts";

export interface FuzzOptions {
	/** The module with the list of parsers, `parsers`. */
	readonly parsers: URL;
	/** The folder of inputs that once broke a parser. */
	readonly kept: string;
	/** The folder where those that are found are kept. */
	readonly keepIn: string;
	readonly seed: number;
	/** One parser alone. */
	readonly only?: string | undefined;
	/** True: that was enough. Asked after each batch. */
	readonly enough: (ran: Ran) => boolean;
}

/** How far a run is. */
interface Ran {
	readonly inputs: number;
	/** Rounds over all parsers. */
	readonly rounds: number;
}

/** An input that broke a parser, as small as it could be made, and the file that it is kept in. */
interface Found {
	readonly parser: string;
	readonly failure: string;
	readonly input: Uint8Array;
	readonly file: string;
}

/** What a run did with one parser. `slowestMs`: the most processor time that an input took. */
interface Tally {
	inputs: number;
	taken: number;
	slowestMs: number;
	kinds: number;
}

export interface Result extends Ran {
	readonly found: readonly Found[];
	readonly tallies: ReadonlyMap<string, Tally>;
}

/** Inputs that are fed at once. */
const BATCH = 32;
/** Seeds that were found on the way, for each parser. */
const MOST_POOL = 400;
const SHRINK_TRIES = 200;

interface Pool {
	readonly inputs: Uint8Array[];
	/** Outcomes that were seen already. */
	readonly seen: Set<string>;
}

/**
 * Feeds the parsers in turn, kept inputs and seeds first, then what is made of them; an input with an answer that was not seen before becomes a seed.
 * The same seed makes the same inputs. A failure is shrunk and kept; of one cause once.
 */
export async function fuzz(options: FuzzOptions): Promise<Result> {
	const table = new Table(options.parsers);
	const random = new Random(options.seed);
	const found: Found[] = [];
	const kinds = new Set<string>();
	const tallies = new Map<string, Tally>();
	let inputs = 0;
	let rounds = 0;
	try {
		const fares = (await table.fare()).filter(({ name }) => options.only === undefined || name === options.only);
		if (fares.length === 0) throw new Error(`there is no parser ${options.only}`);
		const pools = new Map(fares.map(({ name }): [string, Pool] => [name, { inputs: [], seen: new Set() }]));
		for (let first = true; first || !options.enough({ inputs, rounds }); first = false, rounds++) {
			for (const fare of fares) {
				const pool = pools.get(fare.name) as Pool;
				const batch = first
					? begin(fare, options.kept)
					: Array.from({ length: BATCH }, () => mutate(pool.inputs, random));
				const fed = await table.feed({ parser: fare.name, inputs: batch });
				inputs += batch.length;
				take(batch, fed, { fare, pool, tallies });
				for (const [index, one] of fed.entries()) {
					if (!("failure" in one) || kinds.has(`${fare.name} ${one.kind}`)) continue;
					kinds.add(`${fare.name} ${one.kind}`);
					found.push(
						await smallest(table, { parser: fare.name, input: batch[index] as Uint8Array, fed: one }, options.keepIn),
					);
				}
				if (!first && options.enough({ inputs, rounds })) break;
			}
		}
		return { inputs, rounds, found, tallies };
	} finally {
		await table.end();
	}
}

function begin({ name, seeds }: Fare, kept: string): Uint8Array[] {
	return [...keptInputs(kept, name), ...seeds];
}

function take(
	batch: readonly Uint8Array[],
	fed: readonly Fed[],
	{ fare, pool, tallies }: { fare: Fare; pool: Pool; tallies: Map<string, Tally> },
): void {
	const tally = tallies.get(fare.name) ?? { inputs: 0, taken: 0, slowestMs: 0, kinds: 0 };
	tallies.set(fare.name, tally);
	for (const [index, one] of fed.entries()) {
		tally.inputs += 1;
		tally.slowestMs = Math.max(tally.slowestMs, one.ms);
		if ("outcome" in one && "taken" in one.outcome) tally.taken += 1;
		const kind = kindOf(one);
		const input = batch[index];
		if (!input || pool.seen.has(kind) || pool.inputs.length >= MOST_POOL) continue;
		pool.seen.add(kind);
		pool.inputs.push(input);
	}
	// Seeds that are answered alike are seeds all the same.
	for (const seed of pool.inputs.length < MOST_POOL && tally.inputs === batch.length ? fare.seeds : [])
		if (!pool.inputs.includes(seed)) pool.inputs.push(seed);
	tally.kinds = pool.seen.size;
}

/** Answers that differ in numbers and names alone are of one kind. */
function kindOf(one: Fed): string {
	if ("failure" in one) return one.kind;
	if ("taken" in one.outcome) return "taken";
	return one.outcome.refused.replaceAll(/"[^"]*"|'[^']*'|\d+/g, "_").slice(0, 160);
}

async function smallest(
	table: Table,
	{ parser, input, fed }: { parser: string; input: Uint8Array; fed: Fed & { failure: string; kind: string } },
	kept: string,
): Promise<Found> {
	const failsAlike = async (bytes: Uint8Array): Promise<boolean> => {
		const [again] = await table.feed({ parser, inputs: [bytes] });
		return again !== undefined && "failure" in again && again.kind === fed.kind;
	};
	// What hangs or fills memory costs seconds a try.
	const tries = fed.ms === 0 || fed.kind === "slow" ? 4 : SHRINK_TRIES;
	const small = await shrink(input, failsAlike, tries);
	const name = `found-${createHash("sha256").update(small).digest("hex").slice(0, 12)}`;
	return { parser, failure: fed.failure, input: small, file: keepInput(kept, { parser, name, input: small }) };
}
