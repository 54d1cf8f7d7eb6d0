import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { createGunzip } from "node:zlib";
import test from "ava";
import { extract } from "tar-stream";
import { redacted } from "../src/text/redacted.ts";
import { coordinatorWith, runCli, temporaryFolder } from "./support/cli.ts";
import { detail, fleet, leaseEvent } from "./support/views.ts";

const CANARIES: readonly (readonly [string, string])[] = [
	["a token of ours", "rct_CANARY0123456789abcdef"],
	["a JWT", "eyJhbGciOiJub25lIn0.eyJDQU5BUlkiOjF9.CANARYsignature"],
	["a seed", `SU${"CANARY234567ABCDEFGH".repeat(3).slice(0, 56)}`],
	["a private key", "-----BEGIN EC PRIVATE KEY-----\nCANARY\n-----END EC PRIVATE KEY-----"],
	["a bearer token", "Authorization: Bearer CANARY0123456789"],
	["a password", "password: CANARY0123"],
	["a secret in JSON", '{"clientSecret":"CANARY0123"}'],
	["a hash", "$6$salt$CANARY0123456789"],
];

test("what looks like a secret is left out of a text, and the rest stays", (t) => {
	for (const [what, secret] of CANARIES) {
		const text = redacted(`before ${secret} after`);
		t.false(text.includes("CANARY"), what);
		t.regex(text, /^before .*\(secret left out\).* after$/s, what);
	}
	const plain = "sha256:ab12 worker-0 token t-12 was created by admin";
	t.is(redacted(plain), plain);
});

test("a support bundle has all that helps and no secret, whoever holds one", async (t) => {
	const all = CANARIES.map(([, secret]) => secret).join(" | ");
	const [first] = fleet();
	if (!first) return t.fail();
	const { api, env } = await coordinatorWith(t, {
		"GET /v1/machines": { machines: [{ ...first, reason: all }] },
		[`GET /v1/machines/${first.machineId}`]: detail({ ...first, reason: all }),
		[`POST /v1/machines/${first.machineId}/commands`]: {
			machineId: first.machineId,
			reply: { kind: "logs", lines: [all] },
		},
		"GET /v1/boots": { boots: [], more: 0 },
	});
	api.emit(leaseEvent(1, first.machineId), all);
	const out = join(await temporaryFolder(t), "bundle.tar.gz");
	const { code, stderr } = await runCli(t, ["support-bundle", "--out", out], env);
	t.is(code, 0, stderr);
	t.is((await stat(out)).mode & 0o777, 0o600);
	const files = new Map<string, string>();
	const reading = extract();
	reading.on("entry", (header, stream, next) => {
		let text = "";
		stream.on("data", (chunk: unknown) => {
			text += String(chunk);
		});
		stream.on("end", () => {
			files.set(header.name, text);
			next();
		});
	});
	const ended = new Promise<void>((resolve, reject) => reading.on("finish", () => resolve()).on("error", reject));
	createReadStream(out).pipe(createGunzip()).pipe(reading);
	await ended;
	for (const name of ["about.json", "status.json", "cluster.json", "machines.json", "metrics.txt", "events.jsonl"])
		t.true(files.has(`rollcall-support/${name}`), name);
	t.true(files.has(`rollcall-support/machines/${first.machineId}.log`));
	for (const [name, text] of files) t.false(text.includes("CANARY"), name);
	t.true(api.seen.some(({ path }) => path === "/v1/cluster?secrets=hidden"));
	for (const [where, why] of [
		[out, /it exists already\n {2}next: name another file with --out/],
		[join(out, "x"), /a part of its path is no folder/],
	] as const) {
		const refused = await runCli(t, ["support-bundle", "--out", where], env);
		t.is(refused.code, 2);
		t.regex(refused.stderr, why);
	}
	t.true((await stat(out)).size > 500, "nothing is written over");
});
