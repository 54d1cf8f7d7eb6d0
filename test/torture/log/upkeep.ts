import { setTimeout as pause } from "node:timers/promises";
import type { Running } from "@rollcall/test-support/running";

/** After an end that nobody asked for, as in the unit of a coordinator. */
const RESTART_MS = 1_000;
/** What so many processes said last is kept. */
const KEPT = 20;

/** A program that is started again whenever its process ends by itself, as systemd does. */
export interface Upkeep {
	/** The newest process. */
	readonly process: Running;
	/** Starts one, also where that fails: then it is tried again. */
	start(): void;
	/** Ends it, and starts no other one until that is asked for. */
	end(signal?: NodeJS.Signals): Promise<void>;
	/** What the processes said, the last one last. */
	output(): string;
}

/** Keeps up what runs. `launch`: starts a process; `tell`: gets each end that nobody asked for, and each start that failed, with the reason. */
export function keepUp(first: Running, launch: () => Running, tell: (what: string) => void): Upkeep {
	const said: (() => string)[] = [];
	let current = first;
	/** Changes whenever somebody asks: what was planned before does not come to pass. */
	let wish = 0;
	const watch = (): void => {
		const [mine, own] = [current, wish];
		said.push(mine.output);
		said.splice(0, said.length - KEPT);
		void mine.exited.then(({ code, signal }) => {
			if (wish !== own) return;
			tell(`ended by itself with ${signal ?? code}: ${lastWords(mine.output())}`);
			void later();
		});
	};
	const begin = (): void => {
		try {
			current = launch();
		} catch (error) {
			tell(`cannot be started: ${(error as Error).message}`);
			void later();
			return;
		}
		watch();
	};
	const later = async (): Promise<void> => {
		const own = wish;
		await pause(RESTART_MS);
		if (wish === own) begin();
	};
	watch();
	return {
		get process() {
			return current;
		},
		start() {
			wish += 1;
			begin();
		},
		async end(signal) {
			wish += 1;
			await current.end(signal);
		},
		output: () => said.map((output) => output()).join("\n--- the next process ---\n"),
	};
}

/** The last line that a process said, and of a stack trace all of it. */
function lastWords(output: string): string {
	const lines = output.trimEnd().split("\n");
	const from = lines.findLastIndex((line) => !/^\s*($|at |\}|Node\.js v)/.test(line));
	return lines.slice(from).join("\n").slice(0, 2000);
}
