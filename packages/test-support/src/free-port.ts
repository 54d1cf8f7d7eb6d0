import { randomInt } from "node:crypto";
import { createServer, type ListenOptions } from "node:net";

/**
 * A port of the loopback address that is free now and that no other test gets while this process lives. It lies below the range that the
 * kernel takes ports for connections from (32768 and up, ip(7)), so that no connection of another test has it when somebody begins to
 * listen there.
 */
export async function freePort(): Promise<number> {
	for (;;) {
		const port = randomInt(10_000, 32_000);
		// A name in the abstract namespace (unix(7)) belongs to one process, and is free again when that ends.
		const claim = await listen({ path: `\0rollcall-test-port-${port}` });
		const listener = claim && (await listen({ port, host: "127.0.0.1" }));
		if (listener) {
			await new Promise((resolve) => listener.close(resolve));
			return port;
		}
		claim?.close();
	}
}

/** A server that keeps no process alive; undefined where somebody listens already. */
function listen(options: ListenOptions): Promise<ReturnType<typeof createServer> | undefined> {
	return new Promise((resolve) => {
		const server = createServer().unref();
		server.once("error", () => resolve(undefined));
		server.listen(options, () => resolve(server));
	});
}
