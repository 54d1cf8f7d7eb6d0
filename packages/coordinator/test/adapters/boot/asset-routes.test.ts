import { once } from "node:events";
import fs from "node:fs";
import { type AddressInfo, connect } from "node:net";
import path from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { gunzipSync } from "node:zlib";
import { eventually } from "@rollcall/test-support/eventually";
import test from "ava";
import { bootListener } from "./boot-listener.ts";

async function withAsset(t: Parameters<typeof bootListener>[0], content: string | Buffer, limits = {}) {
	const listener = await bootListener(t, limits);
	const file = path.join(listener.folder, "source");
	fs.writeFileSync(file, content);
	await listener.assets.add({ name: "flatcar/vmlinuz", source: { file }, expect: {}, compress: true });
	return listener;
}

test("ranges, validators and HEAD answer as HTTP says", async (t) => {
	const { app, get, core } = await withAsset(t, "0123456789");
	const url = "/assets/flatcar/vmlinuz";
	const whole = await get(url);
	t.like(whole, { status: 200, body: "0123456789" });
	t.is(whole.headers["content-length"], "10");
	const part = await get(url, { range: "bytes=2-4" });
	t.like(part, { status: 206, body: "234" });
	t.is(part.headers["content-range"], "bytes 2-4/10");
	t.like(await get(url, { range: "bytes=10-" }), { status: 416 });
	const etag = String(whole.headers.etag);
	t.like(await get(url, { range: "bytes=8-", "if-range": etag }), { status: 206, body: "89" });
	t.like(await get(url, { range: "bytes=8-", "if-range": '"other"' }), { status: 200, body: "0123456789" });
	t.like(await get(url, { "if-none-match": etag }), { status: 304, body: "" });
	const head = await app.inject({ method: "HEAD", url });
	t.deepEqual([head.statusCode, head.headers["content-length"], head.body], [200, "10", ""]);
	t.like(await get("/assets/none"), { status: 404 });
	t.like(core.missed[0], { outcome: "missed", reason: "there is no asset none", remote: "192.0.2.77" });
	t.regex(core.missed[0]?.next ?? "", /^rollcall assets add none FILE;/);
	t.like(await get("/assets/../index.json"), { status: 404 });
	t.like(await get("/assets/%2e%2e/index.json"), { status: 404 });
});

test("a client that takes gzip gets the variant, with a validator of its own", async (t) => {
	const content = "a kernel ".repeat(10_000);
	const { get } = await withAsset(t, content);
	const url = "/assets/flatcar/vmlinuz";
	const packed = await get(url, { "accept-encoding": "deflate, gzip;q=0.5" });
	t.is(packed.headers["content-encoding"], "gzip");
	t.true(packed.raw.length < content.length / 10);
	t.is(gunzipSync(packed.raw).toString(), content);
	const plain = await get(url);
	t.is(plain.headers["content-encoding"], undefined);
	t.not(plain.headers.etag, packed.headers.etag);
	t.is((await get(url, { "accept-encoding": "gzip;q=0" })).headers["content-encoding"], undefined);
	t.is((await get(url, { "accept-encoding": "gzip", range: "bytes=0-1" })).body, "a ");
});

test("an empty asset is an empty answer", async (t) => {
	const { get } = await withAsset(t, "");
	t.like(await get("/assets/flatcar/vmlinuz"), { status: 200, body: "" });
});

test("a kernel that is fetched to its end is a stage of a boot", async (t) => {
	const { core, get } = await withAsset(t, "kernel");
	await get("/assets/flatcar/vmlinuz", { range: "bytes=0-2" });
	t.deepEqual(core.sightings, []);
	await get("/assets/flatcar/vmlinuz", { range: "bytes=3-" });
	t.deepEqual(core.sightings, [{ stage: "kernel", outcome: "served", remote: "192.0.2.77", asset: "flatcar/vmlinuz" }]);
});

test("above the budget a client is asked to come back, and what a broken download held is given back", async (t) => {
	const size = 64 * 2 ** 20;
	const { app, budget, get } = await withAsset(t, Buffer.alloc(size, 1), { bytes: size, bytesPerSecond: 10 ** 7 });
	await app.listen({ port: 0, host: "127.0.0.1" });
	const socket = connect((app.server.address() as AddressInfo).port, "127.0.0.1");
	await once(socket, "connect");
	socket.write("GET /assets/flatcar/vmlinuz HTTP/1.1\r\nhost: x\r\n\r\n");
	await once(socket, "readable");
	// Nobody reads: only what the sockets hold was sent.
	await eventually("the download is promised", () => budget.promised > size / 2);
	const refused = await get("/assets/flatcar/vmlinuz");
	t.is(refused.status, 503);
	const seconds = Number(refused.headers["retry-after"]);
	t.true(seconds >= 1 && seconds <= 7, `${seconds}`);
	t.is(refused.headers.etag, undefined);
	socket.destroy();
	await eventually("the promise is given back", () => budget.promised === 0);
	t.is((await get("/assets/flatcar/vmlinuz")).raw.length, size);
	await eventually("all was sent", () => budget.promised === 0);
});

// Alone: it measures the whole process.
test.serial("a download whose reader stands still costs at most 128 KiB", async (t) => {
	const { app, assets, folder } = await bootListener(t, { bytes: 2 ** 40, perClient: 100 });
	const file = path.join(folder, "large");
	fs.writeFileSync(file, "");
	fs.truncateSync(file, 64 * 2 ** 20);
	await assets.add({ name: "large", source: { file }, expect: {} });
	await app.listen({ port: 0, host: "127.0.0.1" });
	const port = (app.server.address() as AddressInfo).port;
	// This process is the client too: all its sockets read into one buffer, and stop with its first content.
	const buffer = Buffer.alloc(64 * 1024);
	const before = buffersAfterCollection();
	const sockets = await Promise.all(
		Array.from({ length: 50 }, async () => {
			let stopped = (): void => {};
			const reading = new Promise<void>((resolve) => {
				stopped = resolve;
			});
			const onread = {
				buffer,
				callback: () => {
					stopped();
					return false;
				},
			};
			const socket = connect({ port, host: "127.0.0.1", onread });
			socket.write("GET /assets/large HTTP/1.1\r\nhost: x\r\n\r\n");
			await reading;
			return socket;
		}),
	);
	const each = Math.round((buffersAfterCollection() - before) / sockets.length / 1024);
	for (const socket of sockets) socket.destroy();
	t.true(each <= 128, `${each} KiB`);
	t.log(`${each} KiB each`);
});

/** Bytes in buffers, after a real garbage collection. */
function buffersAfterCollection(): number {
	setFlagsFromString("--expose-gc");
	const collect = runInNewContext("gc") as () => void;
	// What the first one finds unused, some of it only the next ones free.
	for (let round = 0; round < 3; round++) collect();
	return process.memoryUsage().arrayBuffers;
}

test("clients that go away while they are being answered leave no promise behind", async (t) => {
	const { app, budget, get } = await withAsset(t, Buffer.alloc(2 ** 20, 1));
	await app.listen({ port: 0, host: "127.0.0.1" });
	const { port } = app.server.address() as AddressInfo;
	for (let round = 0; round < 60; round++) {
		const socket = connect(port, "127.0.0.1").on("error", () => {});
		await once(socket, "connect");
		socket.write("GET /assets/flatcar/vmlinuz HTTP/1.1\r\nhost: x\r\n\r\n", () => socket.resetAndDestroy());
		await once(socket, "close");
	}
	await eventually("nothing is promised any more", () => budget.promised === 0);
	t.is((await get("/assets/flatcar/vmlinuz")).status, 200);
});
