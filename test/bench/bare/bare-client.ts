import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type Server } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Cleanup } from "../cleanup.ts";

const run = promisify(execFile);

/**
 * Starts servers that answer at once, and gives back what times one run of the program that says to them what an agent says before
 * it has a role (`client.cjs`), in milliseconds: what Node's own modules cost an agent that reads and decides nothing.
 */
export async function startBareClient(cleanup: Cleanup): Promise<() => Promise<number>> {
	const http = createHttpServer((request, response) => {
		request.resume();
		request.once("end", () => response.end("{}"));
	});
	const bus = createServer((socket) => {
		socket.on("error", () => undefined);
		socket.write("INFO {}\r\n");
		socket.on("data", () => void socket.write("PONG\r\n"));
	});
	const ports = await Promise.all([http, bus].map((server) => listening(server, cleanup)));
	return async () => {
		const begun = performance.now();
		await run(process.execPath, [join(import.meta.dirname, "client.cjs"), ...ports.map(String)]);
		return performance.now() - begun;
	};
}

async function listening(server: Server, cleanup: Cleanup): Promise<number> {
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	cleanup.add(() => void server.close());
	return (server.address() as AddressInfo).port;
}
