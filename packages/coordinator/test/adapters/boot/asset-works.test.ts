import { createHash, generateKeyPairSync, sign } from "node:crypto";
import fs from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import { AssetRequest, type AssetWork } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import { testNeeding } from "@rollcall/test-support/needing";
import test, { type ExecutionContext } from "ava";
import { AssetWorks } from "../../../src/adapters/boot/asset-works.ts";
import { Assets } from "../../../src/adapters/boot/assets.ts";
import { debian, debianProgram } from "../../boot/programs/debian.ts";

const CONTENT = Buffer.from("a kernel, as far as anybody here can tell");
const sha256 = createHash("sha256").update(CONTENT).digest("hex");

async function store(t: ExecutionContext) {
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), "rollcall-assets-"));
	t.teardown(() => fs.rmSync(folder, { recursive: true }));
	const added: string[] = [];
	const assets = await Assets.open(path.join(folder, "assets"));
	const works = new AssetWorks(
		assets,
		async (name) => void added.push(name),
		() => "http://192.0.2.1:7480",
	);
	t.teardown(() => works.close());
	return { works, assets, added, folder };
}

function ended(works: AssetWorks, { workId }: AssetWork): Promise<AssetWork> {
	return eventually(`the end of ${workId}`, () => {
		const work = works.look(workId);
		return (work.state === "done" || work.state === "failed") && work;
	});
}

/** Uploads `CONTENT` in two chunks. */
async function upload(works: AssetWorks, wish: object): Promise<AssetWork> {
	const source = { uploadBytes: CONTENT.length, from: "a test" };
	const work = works.add(AssetRequest.parse({ name: "os/kernel", source, ...wish }));
	await works.receive(work.workId, 0, CONTENT.subarray(0, 7));
	await works.receive(work.workId, 7, CONTENT.subarray(7));
	return ended(works, work);
}

test("an upload comes in chunks, each where the one before ended, and is kept once its hash is right", async (t) => {
	const { works, added } = await store(t);
	const source = { uploadBytes: CONTENT.length, from: "a test" };
	const work = works.add(AssetRequest.parse({ name: "os/kernel", source, sha256 }));
	t.is(work.state, "receiving");
	t.is((await works.receive(work.workId, 0, CONTENT.subarray(0, 7))).doneBytes, 7);
	await t.throwsAsync(works.receive(work.workId, 0, CONTENT.subarray(0, 7)), { message: /begins at 7/ });
	await t.throwsAsync(works.receive(work.workId, 7, CONTENT), { message: /not more/ });
	await works.receive(work.workId, 7, CONTENT.subarray(7));
	const end = await ended(works, work);
	t.like(end, { state: "done", asset: { name: "os/kernel", sha256, checked: ["sha256"], source: "a test" } });
	t.deepEqual(added, ["os/kernel"]);
	t.like(await upload(works, { sha256: "0".repeat(64) }), { state: "failed" });
	t.is(works.list()[0]?.sha256, sha256);
});

test("a URL is fetched once, with its progress; one that is not what was expected is named", async (t) => {
	const { works } = await store(t);
	let asked = 0;
	const server = createServer((_, response) => {
		asked += 1;
		response.setHeader("content-length", CONTENT.length).end(CONTENT);
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	t.teardown(() => server.close());
	const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/kernel`;
	const good = await ended(works, works.add(AssetRequest.parse({ name: "k", source: { url }, sha256 })));
	t.like(good, { state: "done", doneBytes: CONTENT.length, totalBytes: CONTENT.length });
	const bad = await ended(
		works,
		works.add(AssetRequest.parse({ name: "k2", source: { url }, sha256: "1".repeat(64) })),
	);
	t.regex(bad.reason ?? "", /k2: its sha256 is [0-9a-f]{64}, not 1{64}; nothing was added/);
	t.is(asked, 2);
	t.false(AssetRequest.safeParse({ name: "k", source: { url } }).success);
});

test("what is under way is listed, and ends where somebody has it end: nothing of it is kept", async (t) => {
	const { works, folder } = await store(t);
	const server = createServer((_, response) => response.writeHead(200, { "content-length": 1000 }).write("begun"));
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	t.teardown(() => server.close());
	t.teardown(() => server.closeAllConnections());
	const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/kernel`;
	const fetched = works.add(AssetRequest.parse({ name: "k", source: { url }, sha256 }));
	const sent = works.add(AssetRequest.parse({ name: "s", source: { uploadBytes: 9, from: "a test" } }));
	await eventually("its first bytes", () => works.look(fetched.workId).doneBytes === 5);
	t.like(works.underWay(), { length: 2, 0: { name: "k", doneBytes: 5 }, 1: { name: "s", state: "receiving" } });
	for (const work of [fetched, sent]) {
		works.stop(work.workId);
		const reason = `${work.name}: it was ended before it was whole`;
		t.like(await ended(works, work), { state: "failed", reason });
	}
	t.deepEqual(works.underWay(), []);
	t.deepEqual(works.list(), []);
	t.deepEqual(fs.readdirSync(path.join(folder, "assets")), ["blobs"]);
	t.throws(() => works.stop("another"), { message: /no work another is remembered/ });

	const kept = await upload(works, { sha256 });
	t.is(works.stop(kept.workId).state, "done");
	t.is(works.list().length, 1);
});

test("a plain Ed25519 signature is checked with a key in PEM", async (t) => {
	const { works } = await store(t);
	const { publicKey, privateKey } = generateKeyPairSync("ed25519");
	const pem = publicKey.export({ type: "spki", format: "pem" }).toString();
	const signature = sign(null, CONTENT, privateKey).toString("base64");
	t.like(await upload(works, { signature: { publicKey: pem, signature } }), {
		state: "done",
		asset: { checked: ["signature"] },
	});
	const other = sign(null, Buffer.from("other"), privateKey).toString("base64");
	t.regex(
		(await upload(works, { signature: { publicKey: pem, signature: other } })).reason ?? "",
		/not of this content/,
	);
	t.regex((await upload(works, { signature: { publicKey: "x", signature } })).reason ?? "", /neither an Ed25519 key/);
});

const MINISIGN = { program: "usr/bin/minisign", packages: ["minisign", "libsodium23"] };

testNeeding(await debian(MINISIGN))(
	"what the real minisign signs is taken, and nothing that was changed afterwards",
	async (t) => {
		const minisign = await debianProgram(MINISIGN);
		const { works, folder } = await store(t);
		const file = path.join(folder, "kernel");
		fs.writeFileSync(file, CONTENT);
		const keys = (name: string) => {
			const [pub, secret] = [path.join(folder, `${name}.pub`), path.join(folder, `${name}.key`)];
			t.is(minisign(["-G", "-W", "-p", pub, "-s", secret]).status, 0);
			return { publicKey: fs.readFileSync(pub, "utf8"), secret };
		};
		const [mine, others] = [keys("mine"), keys("others")];
		for (const flags of [[], ["-l"]]) {
			const signed = minisign(["-S", ...flags, "-s", mine.secret, "-m", file, "-t", "kernel 1"]);
			t.is(signed.status, 0, signed.output);
			const signature = fs.readFileSync(`${file}.minisig`, "utf8");
			const { publicKey } = mine;
			t.is((await upload(works, { signature: { publicKey, signature } })).state, "done");
			const renamed = signature.replace("kernel 1", "kernel 2");
			t.regex((await upload(works, { signature: { publicKey, signature: renamed } })).reason ?? "", /trusted comment/);
			const foreign = await upload(works, { signature: { publicKey: others.publicKey, signature } });
			t.regex(foreign.reason ?? "", /another key/);
		}
		fs.writeFileSync(file, "another kernel");
		t.is(minisign(["-S", "-s", mine.secret, "-m", file]).status, 0);
		const signature = fs.readFileSync(`${file}.minisig`, "utf8");
		t.regex(
			(await upload(works, { signature: { publicKey: mine.publicKey, signature } })).reason ?? "",
			/not of this content/,
		);
	},
);

test("all assets are read again in the background; a damaged one is named", async (t) => {
	const { works, folder } = await store(t);
	await upload(works, {});
	t.like(await ended(works, works.verify()), { state: "done", checks: [{ name: "os/kernel", ok: true }] });
	fs.writeFileSync(path.join(folder, "assets/blobs", sha256), "damaged");
	t.like(await ended(works, works.verify()), { state: "done", checks: [{ ok: false, reason: "its file is damaged" }] });
});

test("only so much is done at once, and what is given up leaves nothing", async (t) => {
	const { works, folder } = await store(t);
	const source = { uploadBytes: 10, from: "a test" };
	const some = Array.from({ length: 8 }, (_, n) => works.add(AssetRequest.parse({ name: `a${n}`, source })));
	t.throws(() => works.add(AssetRequest.parse({ name: "b", source })), { message: /8 assets are on their way/ });
	works.close();
	for (const work of some) t.regex((await ended(works, work)).reason ?? "", /stopping/);
	t.deepEqual(
		fs.readdirSync(path.join(folder, "assets")).filter((name) => name.startsWith(".add-")),
		[],
	);
	t.throws(() => works.look("0b9f4f2e-6f0e-4d3c-9a52-0c5b7c1d2e3f"), { message: /is remembered/ });
});

test("what failed says what to do: a fetch that failed something else than content that is not what was expected", async (t) => {
	const { works } = await store(t);
	const server = createServer((request, response) => {
		if (request.url === "/gone") response.writeHead(404).end();
		else response.end(CONTENT);
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	t.teardown(() => server.close());
	const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	const closed = createServer();
	await new Promise<void>((resolve) => closed.listen(0, "127.0.0.1", resolve));
	const nobody = `http://127.0.0.1:${(closed.address() as AddressInfo).port}/x`;
	await new Promise((resolve) => closed.close(resolve));
	const cases: [string, string, RegExp, RegExp][] = [
		[nobody, sha256, /cannot be fetched: nothing listens there$/, /whether the address is right/],
		[`${base}/gone`, sha256, /answered 404$/, /correct the address/],
		[`${base}/os`, "0".repeat(64), /its sha256 is/, /what the publisher says/],
	];
	for (const [url, hash, reason, next] of cases) {
		const work = works.add(AssetRequest.parse({ name: "os/kernel", source: { url }, sha256: hash }));
		const { state, ...end } = await ended(works, work);
		t.is(state, "failed");
		t.regex(end.reason ?? "", reason);
		t.regex(end.next ?? "", next);
	}
});
