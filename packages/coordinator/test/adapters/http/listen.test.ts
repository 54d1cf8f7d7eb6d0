import test from "ava";
import type { FastifyInstance } from "fastify";
import { listen } from "../../../src/adapters/http/listen.ts";

test("some thousand connections that come at once wait until the coordinator takes them", async (t) => {
	const asked: { backlog?: number }[] = [];
	const app = { listen: async (options: object) => asked.push(options) && "http://127.0.0.1:1" };
	t.is(await listen(app as unknown as FastifyInstance), "http://127.0.0.1:1");
	t.true((asked[0]?.backlog ?? 0) >= 4_000);
});
