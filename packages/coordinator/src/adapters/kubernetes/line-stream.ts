import type { ClientRequest } from "node:http";
import { type Agent, request } from "node:https";

/** No line is longer: an object of the API has 1.5 MiB at most. */
const MOST_CHARACTERS = 4 * 2 ** 20;

/** Who hears what comes. */
export interface StreamParts {
	/** The server has answered 200. */
	readonly onOpen: () => void;
	/** One line without its end. What it throws ends the stream. */
	readonly onLine: (line: string) => void;
	/** Called once. Without an error the server ended it. `status`: the HTTP status, where it was not 200. */
	readonly onEnd: (error: Error | undefined, status?: number) => void;
	/** So long nothing may come, in milliseconds; then the connection counts as dead. Nobody else would tell. */
	readonly silenceMs: number;
}

/** A stream that runs. */
export interface LineStream {
	/** Ends it; `onEnd` hears the error. Does nothing when it has ended. */
	end(error?: Error): void;
}

/** A GET whose answer has no end, read line by line. */
export function openLineStream(url: URL, agent: Agent, parts: StreamParts): LineStream {
	let over = false;
	let rest = "";
	let timer: NodeJS.Timeout | undefined;
	const end = (error?: Error, status?: number): void => {
		if (over) return;
		over = true;
		clearTimeout(timer);
		outgoing.destroy();
		parts.onEnd(error, status);
	};
	const heard = (): void => {
		clearTimeout(timer);
		const silence = () => end(new Error(`nothing was heard for ${parts.silenceMs / 1000} s`));
		timer = setTimeout(silence, parts.silenceMs).unref();
	};
	const take = (part: string): void => {
		heard();
		const lines = (rest + part).split("\n");
		rest = lines.pop() ?? "";
		for (const line of lines) if (line !== "" && !over) parts.onLine(line);
		if (rest.length > MOST_CHARACTERS) throw new Error(`a line has more than ${MOST_CHARACTERS} characters`);
	};
	const outgoing: ClientRequest = request(url, { agent, headers: { accept: "application/json" } }, (answer) => {
		if (answer.statusCode !== 200) return end(new Error(`the API answers ${answer.statusCode}`), answer.statusCode);
		heard();
		parts.onOpen();
		answer.setEncoding("utf8");
		answer.on("data", (part: string) => {
			try {
				if (!over) take(part);
			} catch (error) {
				end(error instanceof Error ? error : new Error(String(error)));
			}
		});
		answer.on("error", end);
		answer.on("end", () => end());
	});
	outgoing.on("error", end);
	outgoing.on("close", () => end(new Error("the connection was closed")));
	heard();
	outgoing.end();
	return { end: (error) => end(error) };
}
