import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { ExecutionContext } from "ava";

/** NOT etcd: a member that answers everything like this; `behind`: but for linearizable reads, which it refuses. Counts how often it was asked. */
export async function member(
	t: ExecutionContext,
	pair: { cert: string; key: string },
	status: number,
	body: object,
	behind = false,
) {
	let asked = 0;
	const server = createServer(pair, (request, response) => {
		asked++;
		const refused = request.url === "/v3/kv/range" && behind;
		response.writeHead(refused ? 503 : status, { "content-type": "application/json" }).end(JSON.stringify(body));
	}).listen(0, "127.0.0.1");
	await new Promise((resolve) => server.once("listening", resolve));
	t.teardown(() => server.close());
	return { url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, asked: () => asked };
}
