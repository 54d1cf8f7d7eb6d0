import { createInterface } from "node:readline/promises";
import type { Screen, Surroundings } from "./terminal.ts";
import { painter, wantsColour } from "./text/colour.ts";

/** The world around a command, made from the process. A reader that goes away (`| head`) ends the command quietly. */
export function surroundingsOf(process: NodeJS.Process): Surroundings {
	const { stdin, stdout, stderr, env } = process;
	const colour = !process.argv.includes("--no-color");
	for (const stream of [stdout, stderr]) {
		stream.on("error", (error: NodeJS.ErrnoException) => {
			if (error.code !== "EPIPE") return;
			// A command that has things to end ends them first.
			if (process.listenerCount("SIGTERM") === 0) process.exit(0);
			process.emit("SIGTERM");
		});
	}
	return {
		out: screenOf(stdout, wantsColour(stdout.isTTY === true, env, colour)),
		err: screenOf(stderr, wantsColour(stderr.isTTY === true, env, colour)),
		env,
		now: () => Date.now(),
		ask: stdin.isTTY && stderr.isTTY ? question : undefined,
		onResize: (listener) => {
			stdout.on("resize", listener);
			return () => stdout.off("resize", listener);
		},
		onStop: (listener) => {
			const signals: NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"];
			for (const signal of signals) process.on(signal, listener);
			return () => {
				for (const signal of signals) process.off(signal, listener);
			};
		},
	};

	async function question(text: string): Promise<string> {
		const lines = createInterface({ input: stdin, output: stderr });
		try {
			return await lines.question(text);
		} finally {
			lines.close();
		}
	}
}

function screenOf(stream: NodeJS.WriteStream, colour: boolean): Screen {
	return {
		write: (text) => {
			stream.write(text);
		},
		isTerminal: stream.isTTY === true,
		size: () => (stream.isTTY ? { columns: stream.columns || 80, rows: stream.rows || 24 } : undefined),
		paint: painter(colour),
	};
}
