import { parentPort, workerData } from "node:worker_threads";
import { stretched } from "@rollcall/test-support/stretch";
import { Broken, type Outcome, type Parser } from "./parser.ts";

/** What the thread that feeds parsers is asked: these inputs, to this parser. */
export interface Meal {
	readonly parser: string;
	readonly inputs: readonly Uint8Array[];
}

/** What came of one input. `kind` is the same for failures of one cause. `ms`: processor time. */
export type Fed = { readonly ms: number } & (
	| { readonly outcome: Outcome }
	| { readonly failure: string; readonly kind: string }
);

/** More processor time for one input is a fault, in milliseconds. */
const MOST_MS = stretched(2_000);

const { parsers } = (await import(workerData.parsers as string)) as { parsers: readonly Parser[] };
const byName = new Map(parsers.map((parser) => [parser.name, parser]));

async function feed(parser: Parser, bytes: Uint8Array): Promise<Fed> {
	const before = process.threadCpuUsage();
	const spent = (): number => {
		const { user, system } = process.threadCpuUsage(before);
		return (user + system) / 1000;
	};
	try {
		const outcome = await parser.feed(bytes);
		const ms = spent();
		if (ms <= MOST_MS) return { ms, outcome };
		return {
			ms,
			failure: `it took ${Math.round(ms)} ms of processor time, at most ${MOST_MS} are right`,
			kind: "slow",
		};
	} catch (error) {
		return { ms: spent(), ...told(error) };
	}
}

/** Digits and what stands in quotes differ from input to input; the first line of the stack that is ours says where. */
function told(error: unknown): { readonly failure: string; readonly kind: string } {
	if (!(error instanceof Error)) return { failure: `it threw ${String(error)}, which is no Error`, kind: "no Error" };
	const place = /\n\s+at .*?((?:packages|node_modules)\/[^\s:)]+:\d+)/.exec(error.stack ?? "")?.[1] ?? "";
	const words = error.message.replaceAll(/"[^"]*"|'[^']*'|\d+/g, "_").slice(0, 120);
	if (error instanceof Broken) return { failure: error.message, kind: `Broken ${words}` };
	return {
		failure: `it threw ${error.name}: ${error.message.slice(0, 500)}\n  at ${place}`,
		kind: `${error.name} ${place}`,
	};
}

parentPort?.on("message", async ({ parser: name, inputs }: Meal) => {
	const parser = byName.get(name);
	if (!parser) throw new Error(`there is no parser ${name}`);
	const fed: Fed[] = [];
	for (const bytes of inputs) fed.push(await feed(parser, bytes));
	parentPort?.postMessage(fed);
});
parentPort?.postMessage(parsers.map(({ name, seeds }) => ({ name, seeds: seeds() })));
