import { readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";
import { parseArgs } from "node:util";
import { Cleanup } from "./cleanup.ts";
import { createContext, ownFolder, type Section } from "./context.ts";
import { slower } from "./report/compare.ts";
import { goalTable } from "./report/goals.ts";
import { merged } from "./report/repeated.ts";
import { agentMemory } from "./sections/agent-memory.ts";
import { agentStart } from "./sections/agent-start.ts";
import { assets } from "./sections/assets.ts";
import { beats } from "./sections/beats.ts";
import { bootAnswers } from "./sections/boot-answers.ts";
import { hello } from "./sections/hello.ts";
import { labBoots } from "./sections/lab-boots.ts";
import { memory } from "./sections/memory.ts";
import { podRoutes } from "./sections/pod-routes.ts";
import { silence } from "./sections/silence.ts";
import { storm } from "./sections/storm.ts";
import { takeover } from "./sections/takeover.ts";
import { copyFleet, type SeededFleet, seedFleet } from "./seed/seed-fleet.ts";

const USAGE = `Usage: npm run --silent bench -- [--quick] [--only NAME,...] [--repeat N] [--compare FILE] [--table FILE] [--slowest]

Measures this working copy and prints one JSON document. docs/performance.md says what its keys mean.
  --quick         small fleets, each section once: to see that everything works
  --repeat N      each section so many times (5), with median and range of each figure
  --compare FILE  a document of before: what became slower than all of its runs is told, and the exit code is 1
  --table FILE    writes the goals with what was measured, as Markdown
  --slowest       what the coordinator did during the slowest hellos; the profiler makes them slower
`;
/** So often is each section measured by itself, in order to see how far its runs lie apart. */
const REPEAT = 5;

/** In the order in which they run. */
const SECTIONS: Readonly<Record<string, Section>> = {
	"agent-start": agentStart,
	"agent-memory": agentMemory,
	hello,
	storm,
	silence,
	takeover,
	"pod-routes": podRoutes,
	beats,
	memory,
	"boot-answers": bootAnswers,
	assets,
	"lab-boots": labBoots,
};

/** Of one, five and fifteen minutes: what else ran on the machine. */
const loadAtStart = load();

const say = (text: string): void => void process.stderr.write(`bench: ${text}\n`);

async function main(): Promise<number> {
	const { values } = parseArgs({
		options: {
			only: { type: "string" },
			quick: { type: "boolean" },
			slowest: { type: "boolean" },
			repeat: { type: "string" },
			compare: { type: "string" },
			table: { type: "string" },
			help: { type: "boolean" },
		},
	});
	const wanted = values.only?.split(",") ?? Object.keys(SECTIONS);
	const unknown = wanted.filter((name) => !(name in SECTIONS));
	if (values.help || unknown.length > 0) {
		const known = Object.keys(SECTIONS).join(", ");
		process.stderr.write(unknown.length > 0 ? `bench: no section ${unknown.join(", ")}; there are ${known}\n` : USAGE);
		return values.help ? 0 : 2;
	}
	const { quick = false, slowest = false } = values;
	const repeat = Number(values.repeat ?? (quick || slowest ? 1 : REPEAT));
	if (!Number.isInteger(repeat) || repeat < 1 || repeat > 100) {
		process.stderr.write("bench: --repeat: it is a number from 1 to 100\n");
		return 2;
	}
	const before = values.compare === undefined ? undefined : sectionsOf(values.compare);
	const shared = new Cleanup();
	const running = new Set<Cleanup>([shared]);
	for (const signal of ["SIGINT", "SIGTERM"] as const)
		process.once(signal, () => {
			void Promise.all([...running].map((one) => one.run())).then(() => process.exit(1));
		});
	const fleets = new Map<number, Promise<SeededFleet>>();
	const seeded = async (machines: number): Promise<SeededFleet> => {
		const known = fleets.get(machines) ?? seedFleet(ownFolder(shared, `seed-${machines}`), machines);
		fleets.set(machines, known);
		return copyFleet(await known, ownFolder(shared, `fleet-${machines}`));
	};
	const results: Record<string, unknown> = {};
	let failed = false;
	try {
		for (const [name, section] of Object.entries(SECTIONS)) {
			if (!wanted.includes(name)) continue;
			const runs: Record<string, unknown>[] = [];
			for (let number = 1; number <= repeat && results[name] === undefined; number++) {
				say(repeat > 1 ? `${name}, ${number} of ${repeat} ...` : `${name} ...`);
				const context = createContext({ quick, slowest, say: (text) => say(`${name}: ${text}`), seeded });
				running.add(context.cleanup);
				const begun = performance.now();
				try {
					const figures = await section(context);
					runs.push({ seconds: Math.round((performance.now() - begun) / 1000), load: load()[0], ...figures });
				} catch (error) {
					failed = true;
					results[name] = { error: (error as Error).message };
					say(`${name}: ${(error as Error).stack}`);
				} finally {
					await context.cleanup.run();
					running.delete(context.cleanup);
				}
			}
			results[name] ??= merged(runs);
		}
	} finally {
		await shared.run();
	}
	const worse = before === undefined ? undefined : slower(before, results);
	for (const { figure, before: was, now } of worse ?? []) say(`${figure} became slower: ${was} before, ${now} now`);
	if (values.table !== undefined) writeFileSync(values.table, goalTable(results));
	const document = { ...surroundings(quick), sections: results, ...(worse ? { slower: worse } : {}) };
	process.stdout.write(`${JSON.stringify(document, undefined, "\t")}\n`);
	return failed || (worse?.length ?? 0) > 0 ? 1 : 0;
}

/** The sections of a document that the bench wrote before. Throws when there is none in the file. */
function sectionsOf(file: string): unknown {
	const { sections } = JSON.parse(readFileSync(file, "utf8")) as { sections?: unknown };
	if (sections === undefined) throw new Error(`${file} is no document of the bench: it has no sections`);
	return sections;
}

function surroundings(quick: boolean): Record<string, unknown> {
	return {
		at: new Date().toISOString(),
		quick,
		node: process.version,
		machine: {
			cpu: cpus()[0]?.model ?? "",
			cores: cpus().length,
			memoryGiB: Math.round(totalmem() / 1024 ** 3),
			loadAtStart,
			loadAtEnd: load(),
		},
	};
}

function load(): number[] {
	return loadavg().map((average) => Math.round(average * 10) / 10);
}

process.exitCode = await main();
