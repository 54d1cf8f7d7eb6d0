/**
 * Runs a command in a pod by the API server's WebSocket (subprotocol v5.channel.k8s.io: the first byte of a message is its channel, 1 standard output, 2 standard error, 3 the
 * end as a Status of meta/v1), from wherever it is started. Writes what the command wrote; ends with 1 where it failed.
 */
import { readFileSync } from "node:fs";
import { stretched } from "@rollcall/test-support/stretch";
import { WebSocket } from "ws";

const [url = "", ca = "", cert = "", key = ""] = process.argv.slice(2);
const socket = new WebSocket(url, "v5.channel.k8s.io", {
	ca: readFileSync(ca),
	cert: readFileSync(cert),
	key: readFileSync(key),
	handshakeTimeout: stretched(20_000),
});
const limit = setTimeout(() => fail("no end within its time"), stretched(60_000));

socket.on("message", (data: Buffer) => {
	const text = data.subarray(1).toString();
	if (data[0] === 1) process.stdout.write(text);
	if (data[0] === 2) process.stderr.write(text);
	if (data[0] === 3 && (JSON.parse(text) as { status?: string }).status !== "Success") fail(text);
});
socket.on("unexpected-response", (_request, answer) => fail(`the API server answered ${answer.statusCode}`));
socket.on("error", (error) => fail(error.message));
socket.on("close", () => clearTimeout(limit));

function fail(why: string): void {
	process.stderr.write(`${why}\n`);
	process.exitCode = 1;
	socket.terminate();
}
