import { createCipheriv, randomBytes } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type CertifyReply, Digest, ENCRYPTION, sha256Of, type TargetContent } from "@rollcall/protocol";
import test, { type ExecutionContext } from "ava";
import { keep } from "../src/loop/keep.ts";
import { setUp } from "./support/certified.ts";
import { serve } from "./support/http-server.ts";
import { accepted } from "./support/targets.ts";

const CONTENT = randomBytes(700_001);
const KEY = randomBytes(32).toString("base64");
const REVISION = Digest.parse(`sha256:${"b".repeat(64)}`);
const PATH = "/opt/rollcall/etcd/snapshot.db";
const KEY_PATH = "/opt/rollcall/etcd/snapshot.key";

function encrypted(content: Buffer, key = KEY): Buffer {
	const nonce = randomBytes(ENCRYPTION.nonceBytes);
	const cipher = createCipheriv(ENCRYPTION.algorithm, Buffer.from(key, "base64"), nonce);
	cipher.setAAD(Buffer.from(ENCRYPTION.additional));
	return Buffer.concat([nonce, cipher.update(content), cipher.final(), cipher.getAuthTag()]);
}

function targetWith(url: string, file: Buffer, content = CONTENT): Partial<TargetContent> {
	return {
		artifacts: [
			{
				path: PATH,
				mode: "0600",
				sha256: sha256Of(file),
				sizeBytes: file.length,
				urls: [url],
				encrypted: { secret: "snapshot-key", sha256: sha256Of(content), sizeBytes: content.length },
			},
		],
		secrets: [{ name: "snapshot-key", path: KEY_PATH, mode: "0600", revision: REVISION }],
	};
}

/** A machine whose coordinator seals this key to it. */
function machine(t: ExecutionContext, key: string) {
	const scene = setUp(t);
	scene.by.answer = (): CertifyReply => ({
		kind: "certified",
		certificates: [],
		secrets: [
			{
				name: "snapshot-key",
				revision: REVISION,
				sealed: { encapsulated: "", ciphertext: Buffer.from(key).toString("base64") },
			},
		],
	});
	return scene;
}

/** Serves a file and counts how often it was asked for. */
async function served(t: ExecutionContext, file: Buffer) {
	const asked: (string | undefined)[] = [];
	const { url } = await serve(t, (request, response) => {
		asked.push(request.headers.range);
		response.end(file);
	});
	return { url, asked };
}

test("an encrypted artifact is opened with the secret that it names, lies there for root alone, and is not fetched again", async (t) => {
	const file = encrypted(CONTENT);
	const { url, asked } = await served(t, file);
	const { apply, root, parts, files } = machine(t, KEY);
	const target = accepted(1, targetWith(url, file));
	t.deepEqual(await apply(target), { state: "applied" });
	t.true(readFileSync(join(root, PATH)).equals(CONTENT));
	t.is(statSync(join(root, PATH)).mode & 0o777, 0o600);
	t.is(asked.length, 1);
	await keep(parts, target, new AbortController().signal);
	t.deepEqual(await apply(accepted(2, { ...targetWith(url, file), deadlineSeconds: 7 })), { state: "applied" });
	t.is(asked.length, 1);
	t.deepEqual(await apply(accepted(3, {})), { state: "applied" });
	t.deepEqual(files(), {}, "what the target does not name any more goes, in clear and its key");
});

test("another key, a changed file and another content are refused, and nothing of them stays", async (t) => {
	const good = encrypted(CONTENT);
	const bad = Buffer.from(good);
	bad[300_000] = (bad[300_000] ?? 0) ^ 1;
	const tag = Buffer.from(good);
	tag[good.length - 1] = (tag[good.length - 1] ?? 0) ^ 1;
	const other = randomBytes(32).toString("base64");
	for (const [what, file, key, content, reason] of [
		["another key", good, other, CONTENT, /was changed, or is encrypted with another key/],
		["a changed byte", bad, KEY, CONTENT, /was changed, or is encrypted with another key/],
		["a changed tag", tag, KEY, CONTENT, /was changed, or is encrypted with another key/],
		["no key", good, "c2hvcnQ=", CONTENT, /no key of 32 bytes/],
		["another content", good, KEY, randomBytes(CONTENT.length), /its content is not sha256:/],
		["nothing", Buffer.alloc(5), KEY, Buffer.alloc(0), /too short to be encrypted/],
	] as const) {
		const { url } = await served(t, file);
		const { apply, files, parts, root } = machine(t, key);
		const outcome = await apply(accepted(1, targetWith(url, file, content)));
		t.like(outcome, { state: "rejected", step: "artifacts" }, what);
		t.regex(outcome.state === "rejected" ? outcome.reason : "", reason, what);
		t.deepEqual(files(), {}, what);
		const left = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((path) =>
			/\.rollcall-|snapshot/.test(path),
		);
		t.deepEqual(left, [], what);
		t.false(parts.log.lines.join("\n").includes(key), what);
	}
});

test("an empty content is one too", async (t) => {
	const file = encrypted(Buffer.alloc(0));
	const { url } = await served(t, file);
	const { apply, root } = machine(t, KEY);
	t.deepEqual(await apply(accepted(1, targetWith(url, file, Buffer.alloc(0)))), { state: "applied" });
	t.is(readFileSync(join(root, PATH)).length, 0);
});

test("an artifact whose secret the target does not name, or that is to be unpacked too, is refused before anything happens", async (t) => {
	const { apply, by } = machine(t, KEY);
	const { artifacts = [], secrets = [] } = targetWith("http://127.0.0.1:1/x", encrypted(CONTENT));
	const [first] = artifacts;
	if (!first) return t.fail();
	t.like(await apply(accepted(1, { artifacts })), { state: "rejected", step: "check" });
	const unpack = [{ member: "a", path: "/opt/rollcall/a", mode: "0600" }];
	t.like(await apply(accepted(2, { artifacts: [{ ...first, unpack }], secrets })), {
		state: "rejected",
		step: "check",
	});
	t.is(by.orders.length, 0);
});
