import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { stretched } from "@rollcall/test-support/stretch";
import type { Fed, Meal } from "./feeder.ts";

/** A parser as the thread tells it. */
export interface Fare {
	readonly name: string;
	readonly seeds: readonly Uint8Array[];
}

/** More processor time of the thread for one meal means that it is hung, in milliseconds: on a busy computer minutes pass meanwhile. */
const HUNG_MS = stretched(20_000);
const LOOK_MS = 500;
/** Of JavaScript's heap, in MiB; a parser that takes more ends its thread. */
const MOST_MIB = 768;

/** Feeds parsers in a thread of its own, which is started anew when an input hung it or took its memory. */
export class Table {
	readonly #parsers: URL;
	#worker: Worker | undefined;
	#fare: readonly Fare[] = [];

	constructor(parsers: URL) {
		this.#parsers = parsers;
	}

	/** All parsers with their seeds. */
	async fare(): Promise<readonly Fare[]> {
		await this.#started();
		return this.#fare;
	}

	/** What came of each input. */
	async feed({ parser, inputs }: Meal): Promise<readonly Fed[]> {
		const all = await this.#ask({ parser, inputs });
		if (typeof all !== "string") return all;
		if (inputs.length === 1) return [{ ms: 0, failure: all, kind: all }];
		const fed: Fed[] = [];
		for (const bytes of inputs) fed.push(...(await this.feed({ parser, inputs: [bytes] })));
		return fed;
	}

	async end(): Promise<void> {
		const ending = this.#worker;
		this.#worker = undefined;
		await ending?.terminate();
	}

	async #started(): Promise<Worker> {
		if (this.#worker) return this.#worker;
		const worker = new Worker(new URL("./feeder.ts", import.meta.url), {
			workerData: { parsers: this.#parsers.href },
			resourceLimits: { maxOldGenerationSizeMb: MOST_MIB },
		});
		this.#worker = worker;
		const [fare] = (await once(worker, "message")) as [readonly Fare[]];
		this.#fare = fare;
		return worker;
	}

	/** The answers; or what became of the thread, in words. */
	async #ask(meal: Meal): Promise<readonly Fed[] | string> {
		const worker = await this.#started();
		const { promise, resolve } = Promise.withResolvers<readonly Fed[] | string>();
		const before = await worker.cpuUsage();
		const timer = setInterval(async () => {
			const { user, system } = await worker.cpuUsage(before).catch(() => before);
			if ((user + system) / 1000 > HUNG_MS) resolve(`it did not end within ${HUNG_MS / 1000} s of processor time`);
		}, LOOK_MS);
		const failed = (error: Error): void => resolve(`it ended its thread: ${error.message}`);
		worker.once("message", resolve).once("error", failed);
		worker.postMessage(meal);
		const answer = await promise;
		clearInterval(timer);
		worker.off("message", resolve);
		if (typeof answer === "string") await this.end();
		worker.off("error", failed);
		return answer;
	}
}
