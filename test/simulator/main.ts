import { parseArgs } from "node:util";
import { run } from "./run.ts";

const { values } = parseArgs({
	options: {
		seeds: { type: "string", default: "100" },
		seed: { type: "string" },
		machines: { type: "string" },
		steps: { type: "string" },
		/** Prints the events that name this text, when the run fails. */
		story: { type: "string" },
	},
});
const number = (text: string | undefined) => (text === undefined ? undefined : Number.parseInt(text, 10));
const first = number(values.seed) ?? 1;
const count = values.seed === undefined || process.argv.includes("--seeds") ? (number(values.seeds) ?? 100) : 1;
const options = { machines: number(values.machines), steps: number(values.steps) };

const started = performance.now();
let virtualMs = 0;
let events = 0;
for (let seed = first; seed < first + count; seed++) {
	const result = run({ seed, ...options });
	virtualMs += result.virtualMs;
	events += result.events;
	if (result.failure) {
		const more = Object.entries(options).flatMap(([name, value]) =>
			value === undefined ? [] : [`--${name} ${value}`],
		);
		process.stderr.write(
			`seed ${seed}, step ${result.failure.step}: ${result.failure.message}\n` +
				`replay: npm run simulate -- --seed ${seed} ${more.join(" ")}\n`,
		);
		const { story } = values;
		if (story !== undefined) {
			for (const line of result.failure.story.filter((text) => text.includes(story))) process.stderr.write(`${line}\n`);
		}
		process.exitCode = 1;
		break;
	}
	const done = seed - first + 1;
	if (done % 25 === 0 || done === count) {
		const seconds = (performance.now() - started) / 1000;
		process.stdout.write(
			`${done} seeds, ${(done / seconds).toFixed(1)} a second, ${events} events, ` +
				`${Math.round(virtualMs / 1000 / seconds)} virtual seconds per second\n`,
		);
	}
}
