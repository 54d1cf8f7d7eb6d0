import { createHash } from "node:crypto";
import { once } from "node:events";
import fs from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import test, { type ExecutionContext } from "ava";
import { Assets } from "../../../src/adapters/boot/assets.ts";
import { AssetRefused } from "../../../src/errors.ts";
import { bootListener } from "./boot-listener.ts";

const hex = (kind: string, content: string) => createHash(kind).update(content).digest("hex");

async function webServer(t: ExecutionContext, listener: RequestListener): Promise<string> {
	const server = createServer(listener).listen(0, "127.0.0.1");
	await once(server, "listening");
	t.teardown(() => server.close());
	return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("an asset is kept by content, under as many names as it has, until the last one goes", async (t) => {
	const { assets, folder } = await bootListener(t);
	const file = path.join(folder, "kernel");
	fs.writeFileSync(file, "kernel");
	const entry = await assets.add({ name: "a/vmlinuz", source: { file }, expect: { sha256: hex("sha256", "kernel") } });
	await assets.add({ name: "b/vmlinuz", source: { file }, expect: {} });
	t.like(entry, { sha256: hex("sha256", "kernel"), sha512: hex("sha512", "kernel"), sizeBytes: 6 });
	const blobs = () => fs.readdirSync(path.join(folder, "assets/blobs"));
	t.deepEqual(blobs(), [entry.sha256]);
	const reopened = await Assets.open(path.join(folder, "assets"));
	t.deepEqual(
		reopened.list().map(({ name }) => name),
		["a/vmlinuz", "b/vmlinuz"],
	);
	t.true(await assets.remove("a/vmlinuz"));
	t.deepEqual(blobs(), [entry.sha256]);
	t.true(await assets.remove("b/vmlinuz"));
	t.false(await assets.remove("b/vmlinuz"));
	t.deepEqual(blobs(), []);
});

test("what is not what was expected gets no name, and what was there stays", async (t) => {
	const { assets, folder } = await bootListener(t);
	const file = path.join(folder, "kernel");
	fs.writeFileSync(file, "good");
	await assets.add({ name: "k", source: { file }, expect: { sha512: hex("sha512", "good") } });
	fs.writeFileSync(file, "evil");
	await t.throwsAsync(assets.add({ name: "k", source: { file }, expect: { sha512: hex("sha512", "good") } }), {
		instanceOf: AssetRefused,
		message: /nothing was added/,
	});
	await t.throwsAsync(assets.add({ name: "k", source: { file: `${file}.gone` }, expect: {} }), {
		instanceOf: AssetRefused,
	});
	await t.throwsAsync(assets.add({ name: "k", source: { file }, expect: {}, maxBytes: 3 }), {
		instanceOf: AssetRefused,
		message: /more than 3 bytes/,
	});
	t.is(assets.find("k")?.sha256, hex("sha256", "good"));
	t.deepEqual(fs.readdirSync(path.join(folder, "assets")).sort(), ["blobs", "index.json"]);
});

test("names that lead out of the store are refused", async (t) => {
	const { assets, folder } = await bootListener(t);
	for (const name of ["../x", "/etc/passwd", "a/../../b", "", "a//b", "a/.", "a b", "a\0b", "%2e%2e/x"]) {
		await t.throwsAsync(assets.add({ name, source: { file: folder }, expect: {} }), { instanceOf: AssetRefused }, name);
	}
});

test("from the web only with a hash, over http(s) only, also behind a redirect", async (t) => {
	const { assets } = await bootListener(t);
	const base = await webServer(t, (request, response) => {
		if (request.url === "/file") return response.end("content");
		if (request.url === "/loop") return response.writeHead(302, { location: "/loop" }).end();
		if (request.url === "/local") return response.writeHead(302, { location: "file:///etc/passwd" }).end();
		if (request.url === "/moved") return response.writeHead(302, { location: "/file" }).end();
		return response.writeHead(404).end();
	});
	const expect = { sha256: hex("sha256", "content") };
	const add = (url: string, hash: object = expect) => assets.add({ name: "x", source: { url }, expect: hash });
	await t.throwsAsync(add(`${base}/file`, {}), { message: /needs its SHA-256, its SHA-512 or a signature/ });
	await t.throwsAsync(add("file:///etc/passwd"), { message: /not an http or https URL/ });
	const secret = await t.throwsAsync(add(`${base.replace("//", "//somebody:secret@")}/ok`), {
		message: /a password in a URL/,
	});
	t.notRegex(secret?.message ?? "", /secret/);
	await t.throwsAsync(add(`${base}/local`), { message: /not an http or https URL/ });
	await t.throwsAsync(add(`${base}/loop`), { message: /leads on more than 5 times/ });
	await t.throwsAsync(add(`${base}/gone`), { message: /answered 404/ });
	t.is(assets.list().length, 0);
	t.is((await add(`${base}/moved`)).sizeBytes, 7);
});

test("a file that was changed in the store is found, and never sent", async (t) => {
	const { assets, folder, get } = await bootListener(t);
	const file = path.join(folder, "kernel");
	fs.writeFileSync(file, "kernel");
	const { sha256 } = await assets.add({ name: "k", source: { file }, expect: {} });
	t.like(await get("/assets/k"), { status: 200, body: "kernel" });
	t.deepEqual(await assets.verify(), [{ name: "k", ok: true }]);
	fs.writeFileSync(path.join(folder, "assets/blobs", sha256), "kernem");
	t.like(await get("/assets/k"), { status: 500, body: "k: its file is damaged; add it again\n" });
	t.deepEqual(await assets.verify(), [{ name: "k", ok: false, reason: "its file is damaged" }]);
	await assets.add({ name: "k", source: { file }, expect: {} });
	t.like(await get("/assets/k"), { status: 200, body: "kernel" });
});

test("an asset whose name cannot be recorded leaves nothing, and what no name has is gone at the next start", async (t) => {
	const { assets, folder } = await bootListener(t);
	const file = path.join(folder, "kernel");
	fs.writeFileSync(file, "kernel".repeat(1000));
	// Nothing can be moved to where a folder is.
	fs.mkdirSync(path.join(folder, "assets/index.json/in-the-way"), { recursive: true });
	await t.throwsAsync(assets.add({ name: "a/vmlinuz", source: { file }, expect: {}, compress: true }));
	t.deepEqual(assets.list(), []);
	t.deepEqual(fs.readdirSync(path.join(folder, "assets/blobs")), []);
	fs.rmSync(path.join(folder, "assets/index.json"), { recursive: true });
	fs.writeFileSync(path.join(folder, "assets/blobs", "0".repeat(64)), "from a process that was killed");
	await Assets.open(path.join(folder, "assets"));
	t.deepEqual(fs.readdirSync(path.join(folder, "assets/blobs")), []);
});

test("a store that was restored with other file times is read once, and serves", async (t) => {
	const { assets, folder } = await bootListener(t);
	const file = path.join(folder, "kernel");
	fs.writeFileSync(file, "kernel");
	const entry = await assets.add({ name: "a/vmlinuz", source: { file }, expect: {} });
	const blob = path.join(folder, "assets/blobs", entry.sha256);
	fs.utimesSync(blob, 1_000_000, 1_000_000);
	const found = await Promise.all(Array.from({ length: 5 }, () => assets.file("a/vmlinuz", false)));
	t.true(found.every((one) => one?.path === blob));
	fs.writeFileSync(blob, "kermel");
	await t.throwsAsync(assets.file("a/vmlinuz", false), { instanceOf: AssetRefused });
});
