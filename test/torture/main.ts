import { randomInt } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createScope } from "../lab/scope.ts";
import { Random } from "../simulator/random.ts";
import { commandLine } from "../support/command-line.ts";
import { enclose, enclosedFolder } from "./enclosure.ts";
import { etcdPart } from "./etcd/programs.ts";
import { runEtcdTrial } from "./etcd/trial.ts";
import { runLogTrial } from "./log/trial.ts";
import { Options, type TortureOptions, USAGE } from "./options.ts";
import { createTimeline } from "./timeline.ts";

/** The longest that one trial is treated badly, in seconds. */
const TRIAL_SECONDS = 60;
/** The most rounds of one cluster. */
const ROUNDS = 12;

async function main(): Promise<number> {
	const options = commandLine("torture", USAGE, Options);
	const folder = enclosedFolder();
	if (folder !== undefined) return runAll(options, folder);
	// Fetched here, since there is no way out from inside.
	const etcd = options.only === "log" ? undefined : await etcdPart();
	if (etcd?.missing) {
		process.stderr.write(`torture: ${etcd.missing}; --only log does without\n`);
		return 2;
	}
	return enclose(process.argv.slice(1));
}

async function runAll(options: TortureOptions, folder: string): Promise<number> {
	const { minutes, rounds, seed = randomInt(2 ** 32), only } = options;
	const timeline = createTimeline(folder);
	const end = performance.now() + minutes * 60_000;
	const random = new Random(seed);
	timeline.tell(`torture of seed ${seed}`);
	let done = 0;
	const isOver = (): boolean => (rounds === undefined ? performance.now() > end : done >= rounds);
	// One coordinator with a nats-server of its own, and two that share one, have their turn in any case.
	const least = only === "log" ? 2 : 1;
	for (let trial = 0; trial < least || !isOver(); trial++) {
		const part = only ?? (rounds !== undefined || random.chance(0.5) ? "etcd" : "log");
		const own = { seed: random.int(0, 2 ** 32 - 1), timeline };
		const scope = createScope();
		const said = new Map<string, () => string>();
		const keep = (name: string, text: () => string): void => void said.set(name, text);
		try {
			if (part === "etcd") {
				const before = done;
				const goesOn = (count: number): boolean => {
					done = before + count;
					return count < ROUNDS && !isOver();
				};
				await runEtcdTrial(scope, { ...own, goesOn, only: options.round }, keep);
			} else {
				const left = (end - performance.now()) / 1000;
				const seconds = Math.max(6, Math.min(TRIAL_SECONDS, left / 4));
				// Of the first two, one coordinator has its own nats-server, and two share one.
				const shared = [null, 2][trial];
				await runLogTrial(scope, { ...own, seconds, ...(shared === undefined ? {} : { shared }) }, keep);
			}
			await scope.end();
		} catch (error) {
			timeline.tell(`FAILED: ${(error as Error).stack}`);
			const length = rounds === undefined ? `--minutes ${minutes}` : `--rounds ${rounds}`;
			timeline.tell(
				`again: npm run torture -- ${length} --seed ${seed}${options.round ? ` --round '${options.round.join(";")}'` : ""}${only ? ` --only ${only}` : ""}`,
			);
			for (const [name, text] of said) writeFileSync(join(folder, `${name}.log`), text());
			return 1;
		}
	}
	return 0;
}

// Whatever still runs ends with this process, the first one of the enclosure.
process.exit(await main());
