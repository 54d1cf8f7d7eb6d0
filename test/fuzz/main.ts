import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { z } from "zod";
import { commandLine } from "../support/command-line.ts";
import { fuzz, type Result } from "./run.ts";
import { Table } from "./table.ts";

const PARSERS = new URL("./parsers/all.ts", import.meta.url);
const KEPT = new URL("./seeds/", import.meta.url).pathname;

const USAGE = `Usage: npm run fuzz -- [--minutes N] [--only PARSER] [--seed S] [--input FILE --only PARSER]

Feeds every parser of foreign bytes with kept and drawn inputs; what breaks one is kept in test/fuzz/seeds.
  --minutes N    for so long (default 1)
  --only PARSER  one parser, by its name
  --seed S       the inputs of an earlier run (default: other ones each time)
  --input FILE   feeds this file to the parser that --only names, and nothing else
`;

const values = commandLine(
	"fuzz",
	USAGE,
	z.strictObject({
		minutes: z.coerce.number().positive().max(10_000).default(1),
		only: z.string().optional(),
		seed: z.coerce.number().int().min(0).max(4_294_967_295).optional(),
		input: z.string().optional(),
	}),
);

if (values.input === undefined) await run();
else await replay(values.input, values.only);

async function run(): Promise<void> {
	const until = performance.now() + values.minutes * 60_000;
	const seed = values.seed ?? Math.trunc(Date.now() % 1e9);
	const result = await fuzz({
		parsers: PARSERS,
		kept: KEPT,
		keepIn: KEPT,
		seed,
		only: values.only,
		enough: () => performance.now() >= until,
	});
	process.stdout.write(tableOf(result));
	process.stdout.write(
		`seed ${seed}: ${result.inputs} inputs in ${result.rounds} rounds, ${result.found.length} faults\n`,
	);
	for (const { parser, failure, file, input } of result.found) {
		const words = JSON.stringify(Buffer.from(input).toString("latin1").slice(0, 400));
		process.stderr.write(`\n${parser}: ${failure}\n  input: ${words}\n  replay: ${replayWith(parser, file)}\n`);
	}
	if (result.found.length > 0) process.exitCode = 1;
}

function replayWith(parser: string, file: string): string {
	return `npm run fuzz -- --only ${parser} --input ${relative(process.cwd(), file)}`;
}

function tableOf({ tallies }: Result): string {
	const rows = [...tallies].map(
		([name, { inputs, taken, kinds, slowestMs }]) =>
			`${name.padEnd(20)} ${String(inputs).padStart(8)} inputs ${String(taken).padStart(8)} taken ${String(kinds).padStart(5)} answers, slowest ${slowestMs.toFixed(0)} ms\n`,
	);
	return rows.join("");
}

async function replay(path: string, parser: string | undefined): Promise<void> {
	if (parser === undefined) throw new Error("--input needs --only PARSER");
	const table = new Table(PARSERS);
	const [fed] = await table.feed({ parser, inputs: [readFileSync(path)] });
	await table.end();
	process.stdout.write(`${JSON.stringify(fed, null, 2)}\n`);
	if (fed === undefined || "failure" in fed) process.exitCode = 1;
}
