import { createServer, type Socket } from "node:net";
import { freePort } from "./free-port.ts";
import type { Scope } from "./own-folder.ts";

const INFO = {
	server_id: "door",
	server_name: "door",
	version: "2.10.0",
	proto: 1,
	headers: true,
	max_payload: 1024 * 1024,
	nonce: "bm9uY2U",
};

/** What lets everybody in who speaks as a client of NATS, and does nothing else for them. */
export interface BusDoor {
	readonly url: string;
	/** So many came since it began. */
	came(): number;
	/** Cuts everybody off; with `closed` nobody gets in until it is opened again. */
	cut(closed?: boolean): void;
	open(): void;
}

/** Opens one on a random port. It is gone at the end of the test. */
export async function openBusDoor(t: Scope): Promise<BusDoor> {
	const inside = new Set<Socket>();
	let [count, isClosed] = [0, false];
	const server = createServer((socket) => {
		socket.on("error", () => {}).on("close", () => inside.delete(socket));
		if (isClosed) return void socket.destroy();
		inside.add(socket);
		socket.write(`INFO ${JSON.stringify(INFO)}\r\n`);
		let isGreeted = false;
		socket.on("data", (chunk) => {
			const pings = chunk.toString("latin1").match(/PING\r\n/g) ?? [];
			socket.write("PONG\r\n".repeat(pings.length));
			if (pings.length > 0 && !isGreeted) {
				isGreeted = true;
				count += 1;
			}
		});
	});
	const port = await freePort();
	await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
	const cut = (closed = false): void => {
		isClosed = closed;
		for (const socket of inside) socket.destroy();
	};
	t.teardown(() => {
		cut(true);
		server.close();
	});
	return {
		url: `nats://127.0.0.1:${port}`,
		came: () => count,
		cut,
		open: () => {
			isClosed = false;
		},
	};
}
