/**
 * Asks for URLs at a steady pace over so many connections, whether answers come or not: a program of its own, so that it
 * takes no time from what is measured. Reads one JSON document from standard input and prints one: how many answers were
 * right, how long each took from when it was due, and the first that was wrong.
 */
import { Agent, request } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { type Summary, summarize } from "../numbers.ts";

/** What to ask for. */
export interface LoadOrder {
	readonly urls: readonly string[];
	readonly connections: number;
	readonly perSecond: number;
}

/** What came of it. */
export interface LoadResult {
	readonly answers: number;
	readonly failed: number;
	readonly firstFailure?: string | undefined;
	readonly seconds: number;
	readonly latencyMs: Summary;
}

/** A connection has its own address of the loopback network, as machines have, so that none is taken for all others. */
function addressOf(connection: number): string {
	return `127.1.${Math.floor(connection / 250)}.${(connection % 250) + 1}`;
}

function ask(url: string, agent: Agent, localAddress: string): Promise<string | undefined> {
	return new Promise((resolve) => {
		const sent = request(url, { agent, localAddress }, (answer) => {
			answer.resume();
			answer.once("end", () => resolve(answer.statusCode === 200 ? undefined : `${url}: ${answer.statusCode}`));
		});
		sent.once("error", (error) => resolve(`${url}: ${error.message}`));
		sent.end();
	});
}

async function load({ urls, connections, perSecond }: LoadOrder): Promise<LoadResult> {
	const lines = Array.from({ length: connections }, (_, number) => ({
		agent: new Agent({ keepAlive: true, maxSockets: 1 }),
		address: addressOf(number),
	}));
	const latencies: number[] = [];
	const failures: string[] = [];
	const pending: Promise<void>[] = [];
	const begun = performance.now();
	for (let number = 0; number < urls.length; ) {
		const due = begun + (number * 1000) / perSecond;
		if (due > performance.now()) {
			await sleep(1);
			continue;
		}
		const { agent, address } = lines[number % connections] as (typeof lines)[number];
		const url = urls[number] as string;
		number++;
		pending.push(
			ask(url, agent, address).then((failure) => {
				if (failure === undefined) latencies.push(performance.now() - due);
				else failures.push(failure);
			}),
		);
	}
	await Promise.all(pending);
	for (const { agent } of lines) agent.destroy();
	return {
		answers: latencies.length,
		failed: failures.length,
		firstFailure: failures[0],
		seconds: (performance.now() - begun) / 1000,
		latencyMs: summarize(latencies),
	};
}

if (import.meta.main) process.stdout.write(JSON.stringify(await load(JSON.parse(await text(process.stdin)))));
