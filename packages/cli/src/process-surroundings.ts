import { systemReason } from "@rollcall/protocol";
import { Failure, failureText } from "./errors.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import type { Screen, Surroundings } from "./terminal.ts";
import { painter, wantsColour } from "./text/colour.ts";
import { settled } from "./text/printable.ts";

/**
 * The world around a command, made from the process. A reader that goes away (`| head`) ends the command quietly; output that
 * cannot be written, to a full disk say, ends it with an error.
 */
export function surroundingsOf(process: NodeJS.Process): Surroundings {
	const { stdin, stdout, stderr, env } = process;
	const colour = !process.argv.includes("--no-color");
	let code: ExitCode = EXIT.ok;
	let ending = false;
	const end = () => {
		// Said once: what a command says while it ends goes nowhere, too, and would ask it again to end.
		if (ending) return;
		ending = true;
		// A command that has things to end ends them first.
		if (process.listenerCount("SIGTERM") === 0) process.exit(code);
		process.emit("SIGTERM");
	};
	for (const stream of [stdout, stderr]) {
		stream.on("error", (error: NodeJS.ErrnoException) => {
			if (error.code === "EPIPE") return end();
			// Remarks that nobody can read do not make a result wrong.
			if (stream !== stdout || code !== EXIT.ok) return;
			code = EXIT.failed;
			process.once("exit", () => {
				process.exitCode = EXIT.failed;
			});
			const next = "make room there, or send the output elsewhere";
			stderr.write(failureText(new Failure(`the output cannot be written: ${systemReason(error)}`, { next })));
			end();
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
		const { createInterface } = await import("node:readline/promises");
		const lines = createInterface({ input: stdin, output: stderr });
		// A question that is not answered is no answer: Ctrl-C ends the command, Ctrl-D says nothing.
		const gone = new AbortController();
		let interrupted = false;
		lines.once("SIGINT", () => {
			interrupted = true;
			lines.close();
		});
		lines.once("close", () => gone.abort());
		try {
			return await lines.question(settled(text), { signal: gone.signal });
		} catch (error) {
			if (!gone.signal.aborted) throw error;
			stderr.write("\n");
			if (!interrupted) return "";
			throw new Failure("interrupted, nothing was changed", { exit: EXIT.interrupted });
		} finally {
			lines.close();
		}
	}
}

/** A stream as commands see it; what they write to it goes through one place. */
export function screenOf(
	stream: Pick<NodeJS.WriteStream, "write" | "isTTY" | "columns" | "rows">,
	colour: boolean,
): Screen {
	const raw = (text: string) => {
		stream.write(text);
	};
	return {
		write: (text) => raw(settled(text)),
		control: raw,
		document: (text) => raw(stream.isTTY ? settled(text) : text),
		isTerminal: stream.isTTY === true,
		size: () => (stream.isTTY ? { columns: stream.columns || 80, rows: stream.rows || 24 } : undefined),
		paint: painter(colour),
	};
}
