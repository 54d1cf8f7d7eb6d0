import { once } from "node:events";
import { createServer, request as plainly } from "node:http";
import { request as securely } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Scope } from "@rollcall/test-support/own-folder";
import { rawConnection } from "./raw-connection.ts";

/** A way to a coordinator on which answers are lost. */
export interface Cutter {
	readonly url: string;
	/** `METHOD /path` of the requests that were carried out and of which the answer was lost. */
	readonly lost: string[];
	/** From now on so many answers to requests that fit are lost. */
	lose(fits: RegExp, times: number): void;
}

/** Passes requests on; an answer that is to be lost is awaited whole, and then the connection is reset. */
export async function startCutter(t: Scope, target: string): Promise<Cutter> {
	const { hostname, port, protocol } = new URL(target);
	const ask = protocol === "https:" ? securely : plainly;
	const lost: string[] = [];
	let left = { fits: /^$/, times: 0 };
	const sockets = new Set<Socket>();
	const server = createServer((request, response) => {
		const { method = "GET", url = "/", headers } = request;
		const passed = ask({ hostname, port, method, path: url, headers }, (answer) => {
			const chunks: Buffer[] = [];
			answer.on("data", (chunk: Buffer) => chunks.push(chunk));
			answer.on("end", () => {
				const name = `${method} ${url}`;
				if (left.times > 0 && left.fits.test(name)) {
					left = { ...left, times: left.times - 1 };
					lost.push(name);
					request.socket.resetAndDestroy();
				} else response.writeHead(answer.statusCode ?? 502, answer.headers).end(Buffer.concat(chunks));
			});
		});
		passed.on("error", () => request.socket.resetAndDestroy());
		request.pipe(passed);
	});
	server.on("connection", (socket) => {
		sockets.add(socket);
		socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
	});
	server.on("upgrade", (request, socket, head) => {
		const passed = rawConnection(target);
		passed.once(protocol === "https:" ? "secureConnect" : "connect", () => {
			const lines = Object.entries(request.headers).map(([name, value]) => `${name}: ${value}`);
			passed.write(`GET ${request.url} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
			passed.write(head);
			socket.pipe(passed).pipe(socket);
		});
		for (const one of [passed, socket]) one.on("error", () => socket.destroy());
		socket.on("close", () => passed.destroy());
	});
	t.teardown(() => {
		for (const socket of sockets) socket.destroy();
		server.close();
	});
	await once(server.listen(0, "127.0.0.1"), "listening");
	return {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		lost,
		lose(fits, times) {
			left = { fits, times };
		},
	};
}
