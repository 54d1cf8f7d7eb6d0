import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { z } from "zod";
import { commandLine } from "../support/command-line.ts";
import { keepLog } from "./keep-log.ts";
import { type RunOptions, run } from "./run.ts";
import { shrink } from "./shrink.ts";
import type { Ran, Share } from "./worker.ts";

const USAGE = `Usage: npm run simulate -- [--seeds N] [--seed S] [--machines N] [--steps N] [--about STORY] [--only N,...] [--failures N] [--keep FOLDER]

Runs the shipped decisions and loops over a simulated log, bus, disk and etcd, and looks at what must hold. A seed that fails is shrunk.
  --seeds N      so many seeds, on all cores (default 100)
  --failures N   goes on until so many seeds of a thread failed (default 1)
  --seed S       this seed alone; with --seeds the first one
  --machines N   machines of a story
  --steps N      moves of a story
  --about STORY  etcd, addresses, copies, hours, keys, late, leads, log, memory, roles, room, takeover, versions: stories in which most happens to etcd's members, to their
                 addresses, to copies of data folders, to hours that pass, to the fleet's keys, to words that come late, to whoever leads, to the log, to what agents keep in RAM, to roles by hand, to who says more than the log takes, to coordinators
                 that take over, or to coordinators of two versions
  --only N,...   of the moves only these: what a shrunk run is replayed with
  --workers N    so many threads (default: one a core)
  --keep FOLDER  writes the log of a seed that ends well, and its state, as packages/coordinator/test/logs has them
  --story TEXT   prints the lines of the story that name this text; the end of it without that
`;

const count = z.coerce.number().int().min(1).max(1_000_000);
const values = commandLine(
	"simulate",
	USAGE,
	z.strictObject({
		seeds: count.default(100),
		failures: count.default(1),
		seed: z.coerce
			.number()
			.int()
			.min(1)
			.max(2 ** 32)
			.optional(),
		machines: count.optional(),
		steps: count.optional(),
		about: z
			.enum([
				"addresses",
				"copies",
				"etcd",
				"hours",
				"keys",
				"late",
				"leads",
				"log",
				"memory",
				"roles",
				"room",
				"takeover",
				"versions",
			])
			.optional(),
		only: z
			.string()
			.regex(/^\d+(,\d+)*$/, "numbers with commas between them")
			.optional(),
		workers: count.max(256).optional(),
		keep: z.string().optional(),
		story: z.string().optional(),
	}),
);
const first = values.seed ?? 1;
const single = values.seed !== undefined && !process.argv.some((word) => /^--seeds(=|$)/.test(word));
const options: Omit<RunOptions, "seed"> = {
	machines: values.machines,
	steps: values.steps,
	about: values.about,
	only: values.only?.split(",").map(Number),
};

const failed = single ? [first] : await runAll(values.seeds);
if (failed.length > 0) process.exitCode = (await tell(Math.min(...failed))) ? 1 : 0;

/** Runs all seeds on all cores. Returns those that failed; a worker ends with its first, or as many as are wanted. */
async function runAll(count: number): Promise<number[]> {
	const every = values.workers ?? availableParallelism();
	const started = performance.now();
	const found: number[] = [];
	let [done, events, virtualMs] = [0, 0, 0];
	const take = (ran: Ran): void => {
		done += 1;
		events += ran.events;
		virtualMs += ran.virtualMs;
		if (ran.broken !== undefined) {
			found.push(ran.seed);
			if (values.failures > 1) process.stdout.write(`seed ${ran.seed}: ${ran.broken}\n`);
		}
		if (done % 100 !== 0 && done !== count) return;
		const seconds = (performance.now() - started) / 1000;
		process.stdout.write(
			`${done} seeds, ${(done / seconds).toFixed(1)} a second, ${events} events, ` +
				`${Math.round(virtualMs / 1000 / seconds)} virtual seconds per second\n`,
		);
	};
	const workers = Array.from({ length: Math.min(every, count) }, (_, index) => {
		const share: Share = { first: first + index, count: count - index, every, options, failures: values.failures };
		const worker = new Worker(new URL("./worker.ts", import.meta.url), { workerData: share });
		worker.on("message", take);
		return new Promise<void>((resolve, reject) => {
			worker.on("error", reject);
			worker.on("exit", () => resolve());
		});
	});
	await Promise.all(workers);
	return found;
}

/** Runs a seed and, where it fails, tells the smallest run of it that fails alike. */
async function tell(seed: number): Promise<boolean> {
	const result = await run({ ...options, seed });
	if (!result.failure) {
		process.stdout.write(`seed ${seed}: all is well, ${result.events} events\n`);
		if (values.keep !== undefined) await keepLog(values.keep, result.stored());
		return false;
	}
	const smallest = options.only ? result : await shrink({ ...options, seed }, result);
	const { failure = result.failure, moves } = smallest;
	const more = Object.entries({ machines: options.machines, steps: options.steps, about: options.about });
	const given = more.flatMap(([name, value]) => (value === undefined ? [] : [`--${name} ${value}`]));
	const only = moves.map(({ index }) => index).join(",");
	const { story } = values;
	const lines = story === undefined ? failure.shortStory : failure.story.filter((line) => line.includes(story));
	process.stderr.write(
		`${lines.join("\n")}\n\nseed ${seed}: ${failure.message}\n` +
			`of ${result.moves.length} moves ${moves.length} are left: ${moves.map(({ name }) => name).join("; ")}\n` +
			`replay: npm run simulate -- ${["--seed", seed, ...given, "--only", only].join(" ")}\n`,
	);
	return true;
}
