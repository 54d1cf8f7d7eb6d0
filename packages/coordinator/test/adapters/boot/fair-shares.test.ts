import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { eventually } from "@rollcall/test-support/eventually";
import test, { type ExecutionContext } from "ava";
import { ByteBudget } from "../../../src/adapters/boot/byte-budget.ts";
import { rateLimit } from "../../../src/rate/rate-limit.ts";
import { bootListener, WHO } from "./boot-listener.ts";

// It compares what clients get in the same time, so that it runs in a process of its own.

test("downloads that stand still give way to one that asks, the client's own first", (t) => {
	const clock = { at: 0 };
	const ended: string[] = [];
	const budget = new ByteBudget({ bytes: 100, perClient: 2, bytesPerSecond: 10 }, () => clock.at);
	const take = (client: string, name: string, bytes = 30) => budget.take(client, bytes, () => ended.push(name));
	const [first, second] = [take("a", "a1"), take("a", "a2")];
	t.true("retryAfterSeconds" in take("a", "a3"));
	clock.at = 4_000;
	if ("sent" in second) second.sent(10);
	clock.at = 5_000;
	t.true("sent" in take("a", "a3"));
	t.deepEqual(ended, ["a1"]);
	if ("release" in first) first.release();
	t.is(budget.promised, 50);
	t.true("retryAfterSeconds" in take("b", "b1", 60));
	clock.at = 20_000;
	t.true("sent" in take("b", "b1", 60));
	t.is(ended.length, 2);
	t.true(budget.promised <= 100);
});

test("a machine in the middle of its boot is not kept out by others behind its address", async (t) => {
	const requests = rateLimit({ burst: 3, perSecond: 0.001 }, { monotonic: () => 0 }, 16);
	const { app, get, boot } = await bootListener(t, {}, { requests });
	const url = await boot(WHO, "ignition.config.url=");
	for (let n = 0; n < 10; n++) await get("/boot.ipxe");
	t.is((await get("/boot.ipxe")).status, 503);
	t.is((await get(url)).status, 200);
	t.is((await get(url.replace(/.$/, (last) => (last === "A" ? "B" : "A")))).status, 503);
	for (let n = 0; n < 10; n++) await get(url);
	t.is((await get(url)).status, 503);
	t.is((await app.inject({ url: "/boot.ipxe", remoteAddress: "192.0.2.78" })).statusCode, 200);
});

test("only a declared proxy says where a request comes from", async (t) => {
	const seen = async (proxies: string[]) => {
		const { app, core } = await bootListener(t, {}, { proxies });
		await app.inject({ url: "/boot.ipxe", remoteAddress: "192.0.2.9", headers: { "x-forwarded-for": "198.51.100.7" } });
		return core.sightings[0]?.remote;
	};
	t.is(await seen([]), "192.0.2.9");
	t.is(await seen(["192.0.2.0/24"]), "198.51.100.7");
	t.is(await seen(["203.0.113.1"]), "192.0.2.9");
});

async function open(t: ExecutionContext, port: number, localAddress: string): Promise<Socket & { gone?: boolean }> {
	const socket: Socket & { gone?: boolean } = connect({ port, host: "127.0.0.1", localAddress });
	t.teardown(() => socket.destroy());
	socket
		.on("error", () => undefined)
		.on("close", () => {
			socket.gone = true;
		});
	await once(socket, "connect");
	return socket;
}

test("one address has its share of connections, and one that has many keeps nobody out", async (t) => {
	const { app } = await bootListener(t, {}, { connections: { perAddress: 4, inAll: 6 } });
	const { port } = new URL(await app.listen({ host: "127.0.0.1", port: 0 }));
	const greedy: (Socket & { gone?: boolean })[] = [];
	for (let n = 0; n < 6; n++) greedy.push(await open(t, Number(port), "127.0.0.2"));
	await eventually("the end of what is above its share", async () => greedy.filter(({ gone }) => gone).length === 2);
	const others = [];
	for (const address of ["127.0.0.3", "127.0.0.4", "127.0.0.5"]) others.push(await open(t, Number(port), address));
	await eventually("room for others", async () => greedy.filter(({ gone }) => gone).length === 3);
	for (const socket of others) {
		socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
		const [answer] = (await once(socket, "data")) as [Buffer];
		t.regex(answer.toString(), /^HTTP\/1\.1 200 /);
	}
});

test("headers that do not come end their connection in seconds", async (t) => {
	const { app } = await bootListener(t);
	const { port } = new URL(await app.listen({ host: "127.0.0.1", port: 0 }));
	const socket = await open(t, Number(port), "127.0.0.1");
	socket.write("GET / HTTP/1.1\r\nHost: x\r\n");
	const [answer] = (await once(socket, "data")) as [Buffer];
	t.regex(answer.toString(), /^HTTP\/1\.1 408 /);
});
