import { cpus, loadavg, totalmem } from "node:os";
import { parseArgs } from "node:util";
import { Cleanup } from "./cleanup.ts";
import { createContext, ownFolder, type Section } from "./context.ts";
import { agentMemory } from "./sections/agent-memory.ts";
import { agentStart } from "./sections/agent-start.ts";
import { assets } from "./sections/assets.ts";
import { beats } from "./sections/beats.ts";
import { bootAnswers } from "./sections/boot-answers.ts";
import { hello } from "./sections/hello.ts";
import { labBoots } from "./sections/lab-boots.ts";
import { memory } from "./sections/memory.ts";
import { silence } from "./sections/silence.ts";
import { storm } from "./sections/storm.ts";
import { copyFleet, type SeededFleet, seedFleet } from "./seed/seed-fleet.ts";

const USAGE = `Usage: npm run --silent bench -- [--quick] [--only NAME,...]

Measures this working copy and prints one JSON document. docs/performance.md says what its keys mean.
`;

/** In the order in which they run. */
const SECTIONS: Readonly<Record<string, Section>> = {
	"agent-start": agentStart,
	"agent-memory": agentMemory,
	hello,
	storm,
	silence,
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
		options: { only: { type: "string" }, quick: { type: "boolean" }, help: { type: "boolean" } },
	});
	const wanted = values.only?.split(",") ?? Object.keys(SECTIONS);
	const unknown = wanted.filter((name) => !(name in SECTIONS));
	if (values.help || unknown.length > 0) {
		const known = Object.keys(SECTIONS).join(", ");
		process.stderr.write(unknown.length > 0 ? `bench: no section ${unknown.join(", ")}; there are ${known}\n` : USAGE);
		return values.help ? 0 : 2;
	}
	const quick = values.quick ?? false;
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
			say(`${name} ...`);
			const context = createContext({ quick, say: (text) => say(`${name}: ${text}`), seeded });
			running.add(context.cleanup);
			const begun = performance.now();
			try {
				const figures = await section(context);
				results[name] = { seconds: Math.round((performance.now() - begun) / 1000), load: load()[0], ...figures };
			} catch (error) {
				failed = true;
				results[name] = { error: (error as Error).message };
				say(`${name}: ${(error as Error).stack}`);
			} finally {
				await context.cleanup.run();
				running.delete(context.cleanup);
			}
		}
	} finally {
		await shared.run();
	}
	process.stdout.write(`${JSON.stringify({ ...surroundings(quick), sections: results }, undefined, "\t")}\n`);
	return failed ? 1 : 0;
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
