import { randomBytes } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { sha256Of } from "@rollcall/protocol";
import test from "ava";
import { applyTarget } from "../src/loop/apply.ts";
import { serve } from "./support/http-server.ts";
import { temporaryRoot, tree } from "./support/machine.ts";
import { applyParts } from "./support/parts.ts";
import { createScriptedUnits } from "./support/scripted-units.ts";
import { accepted, MACHINE } from "./support/targets.ts";

const CONTENT = randomBytes(300_000);
const PATH = "/opt/cni/bin/bridge";
const artifact = (urls: string[], sizeBytes = CONTENT.length) => ({
	path: PATH,
	mode: "0755",
	sha256: sha256Of(CONTENT),
	sizeBytes,
	urls,
});
const run = () => ({ machineId: MACHINE, signal: new AbortController().signal, started: () => {} });

test("an artifact is fetched, checked and made executable; the same one is not fetched again", async (t) => {
	const root = temporaryRoot(t);
	let requests = 0;
	const { url } = await serve(t, (_, response) => {
		requests++;
		response.end(CONTENT);
	});
	const parts = applyParts(root, createScriptedUnits());
	t.deepEqual(await applyTarget(parts, accepted(1, { artifacts: [artifact([url])] }), run()), { state: "applied" });
	t.true(readFileSync(join(root, PATH)).equals(CONTENT));
	t.is(statSync(join(root, PATH)).mode & 0o777, 0o755);
	t.deepEqual(
		await applyTarget(applyParts(root, createScriptedUnits()), accepted(2, { artifacts: [artifact([url])] }), run()),
		{ state: "applied" },
	);
	t.is(requests, 1);
	t.is(Object.keys(tree(root)).length, 1);
});

test("a download that breaks off goes on where it stopped, also from another URL", async (t) => {
	const root = temporaryRoot(t);
	const ranges: (string | undefined)[] = [];
	const broken = await serve(t, (request, response) => {
		ranges.push(request.headers.range);
		response.writeHead(200, { "content-length": CONTENT.length });
		response.write(CONTENT.subarray(0, 100_000), () => response.destroy());
	});
	const whole = await serve(t, (request, response) => {
		ranges.push(request.headers.range);
		const from = Number(request.headers.range?.match(/bytes=(\d+)-/)?.[1] ?? 0);
		response.writeHead(from > 0 ? 206 : 200).end(CONTENT.subarray(from));
	});
	const outcome = await applyTarget(
		applyParts(root, createScriptedUnits()),
		accepted(1, { artifacts: [artifact([broken.url, whole.url])] }),
		run(),
	);
	t.deepEqual(outcome, { state: "applied" });
	t.true(readFileSync(join(root, PATH)).equals(CONTENT));
	t.is(ranges[0], undefined);
	t.regex(ranges[1] ?? "", /^bytes=[1-9]\d*-$/);
});

test("the password in an address of a document from before, which is fetched from no more than then, is told to nobody", async (t) => {
	const { url } = await serve(t, (_, response) => void response.end(CONTENT));
	const outcome = await applyTarget(
		applyParts(temporaryRoot(t), createScriptedUnits()),
		accepted(1, { artifacts: [artifact([url.replace("//", "//somebody:sec@ret@")])] }),
		run(),
	);
	t.is(outcome.state, "rejected");
	t.regex(JSON.stringify(outcome), /\/\/\.\.\.@127/);
	t.notRegex(JSON.stringify(outcome), /somebody|ret@/);
});

test("a wrong content, a missing one and a server that is gone: rejected with the path and the reason, and nothing stays", async (t) => {
	const wrong = await serve(t, (_, response) => void response.end(Buffer.alloc(CONTENT.length)));
	const long = await serve(t, (_, response) => void response.end(Buffer.concat([CONTENT, CONTENT])));
	const missing = await serve(t, (_, response) => void response.writeHead(404).end());
	for (const [url, words] of [
		[wrong.url, /has another content/],
		[long.url, /has more than 300000 bytes/],
		[missing.url, /answers 404/],
		["http://127.0.0.1:1", /fetch failed/],
	] as const) {
		const root = temporaryRoot(t);
		const outcome = await applyTarget(
			applyParts(root, createScriptedUnits()),
			accepted(1, { artifacts: [artifact([url])] }),
			run(),
		);
		t.like(outcome, { state: "rejected", step: "artifacts" });
		t.regex(outcome.state === "rejected" ? outcome.reason : "", words);
		t.regex(outcome.state === "rejected" ? outcome.reason : "", /^\/opt\/cni\/bin\/bridge: /);
		t.false(Object.keys(tree(root)).includes(PATH));
	}
});

test("an artifact that cannot fit is refused before anything is fetched, with numbers", async (t) => {
	const root = temporaryRoot(t);
	const outcome = await applyTarget(
		applyParts(root, createScriptedUnits()),
		accepted(1, { artifacts: [artifact(["http://127.0.0.1:1"], 2 ** 50)] }),
		run(),
	);
	t.regex(outcome.state === "rejected" ? outcome.reason : "", /needs 1125899906842624 bytes more, \d+ are free/);
});
