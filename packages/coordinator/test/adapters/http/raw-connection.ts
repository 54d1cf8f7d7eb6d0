import { connect, type Socket } from "node:net";
import type { ExecutionContext } from "ava";

/** A connection on which a test says what it likes. */
interface Raw {
	readonly socket: Socket;
	answer(): string;
	/** The whole answer, once the other end has closed. */
	readonly ended: Promise<string>;
}

/** Connects to where a URL leads, and keeps what comes back. Ended with the test. */
export function raw(t: ExecutionContext, url: string): Raw {
	const { hostname, port } = new URL(url);
	const socket = connect(Number(port), hostname);
	t.teardown(() => socket.destroy());
	let answer = "";
	socket.on("data", (chunk) => {
		answer += chunk;
	});
	socket.on("error", () => {});
	const ended = new Promise<string>((resolve) => socket.on("close", () => resolve(answer)));
	return { socket, answer: () => answer, ended };
}
