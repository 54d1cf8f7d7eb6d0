import { createServer } from "node:net";
import test from "ava";
import { freePort } from "../src/free-port.ts";

test("a port is free, and given once only", async (t) => {
	const ports = await Promise.all(Array.from({ length: 300 }, freePort));
	t.is(new Set(ports).size, ports.length);
	const server = createServer();
	t.teardown(() => server.close());
	await t.notThrowsAsync(
		new Promise<void>((resolve, reject) => {
			server.once("error", reject);
			server.listen(ports[0], "127.0.0.1", resolve);
		}),
	);
});
