import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/** A port of the loopback below those that the kernel takes for connections (ip(7)), so that it stays free until it is used. */
export async function freePort(): Promise<number> {
	for (;;) {
		const port = randomInt(10_000, 32_000);
		const free = await new Promise<boolean>((resolve) => {
			const server = createServer();
			server.once("error", () => resolve(false));
			server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
		});
		if (free) return port;
	}
}
