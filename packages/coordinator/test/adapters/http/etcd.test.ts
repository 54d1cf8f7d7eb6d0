import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Digest, type EtcdSnapshot, sha256Of } from "@rollcall/protocol";
import { ownFolder } from "@rollcall/test-support/own-folder";
import test from "ava";
import { TOKENS } from "./fixed-core.ts";
import { bearer, testApi } from "./setup.ts";

const snapshot = (name: string, revision: number): EtcdSnapshot => ({
	sha256: `sha256:${name.repeat(64).slice(0, 64)}` as Digest,
	sizeBytes: 1028,
	content: { sha256: sha256Of(name), sizeBytes: 1000 },
	revision,
	takenAt: revision,
	secretsKeys: [],
	cluster: "lab",
});
const [ONE, TWO] = [snapshot("ab", 1), snapshot("ac", 2)];
const KEPT = [
	{ ...ONE, detached: false },
	{ ...TWO, detached: false },
];

test("a snapshot is named by the beginning of its SHA-256; what is ambiguous is refused with the candidates", async (t) => {
	const { app, core } = testApi(t);
	core.state = { ...core.state, snapshots: { kept: KEPT } };
	const restore = (from: string) =>
		app.inject({ method: "POST", url: "/v1/etcd/restore", headers: bearer(TOKENS.admin), payload: { from } });
	t.is((await restore("abab")).statusCode, 200);
	t.like(core.inputs.at(-1), { kind: "etcd-choose", from: ONE.sha256 });
	t.is((await restore("newest")).statusCode, 200);
	t.like(core.inputs.at(-1), { kind: "etcd-choose", from: "newest" });
	t.is((await restore("ffff")).statusCode, 404);
	t.is((await restore("a")).statusCode, 400);
	core.state = {
		...core.state,
		snapshots: { kept: [...KEPT, { ...ONE, sha256: `${ONE.sha256.slice(0, -1)}0` as Digest, detached: true }] },
	};
	const ambiguous = await restore("abab");
	t.is(ambiguous.statusCode, 409);
	t.regex(ambiguous.body, /more than one snapshot begins with abab: abababababab, abababababab/);
});

test("the content of the one that is restored is sent whole and in ranges, to anybody, and of no other", async (t) => {
	const folder = ownFolder(t, "rollcall-content-");
	const bytes = randomBytes(200_000);
	writeFileSync(join(folder, "file"), bytes);
	const { app, core } = testApi(t, {
		deps: {
			snapshots: {
				take: () => Promise.reject(new Error("not asked for")),
				file: async () => ({ path: join(folder, "file") }),
			},
		},
	});
	const ask = (one: EtcdSnapshot, headers: Record<string, string> = {}) =>
		app.inject({ url: `/v1/etcd/snapshots/${one.sha256.slice(7)}/content`, headers });
	core.state = { ...core.state, snapshots: { kept: KEPT } };
	t.is((await ask(ONE)).statusCode, 404);
	core.state = { ...core.state, snapshots: { kept: KEPT, restoring: { snapshot: ONE, seq: 1 } } };
	t.is((await ask(TWO)).statusCode, 404);
	const whole = await ask(ONE);
	t.is(whole.statusCode, 200);
	t.true(whole.rawPayload.equals(bytes));
	t.is(whole.headers["content-length"], "200000");
	const rest = await ask(ONE, { range: "bytes=150000-" });
	t.is(rest.statusCode, 206);
	t.is(rest.headers["content-range"], "bytes 150000-199999/200000");
	t.true(rest.rawPayload.equals(bytes.subarray(150_000)));
	t.is((await ask(ONE, { range: "bytes=200000-" })).statusCode, 400);
});

test("etcd and its snapshots are listed, newest first", async (t) => {
	const { app, core } = testApi(t);
	core.state = { ...core.state, snapshots: { kept: KEPT, trouble: "no room" } };
	const { etcd } = (await app.inject({ url: "/v1/status", headers: bearer(TOKENS.read) })).json();
	t.deepEqual(etcd, { members: 0, newestSnapshot: new Date(2).toISOString(), restoring: false, reason: "no room" });
	const list = (await app.inject({ url: "/v1/etcd", headers: bearer(TOKENS.read) })).json();
	t.deepEqual(
		list.snapshots.map(({ revision }: { revision: number }) => revision),
		[2, 1],
	);
});
