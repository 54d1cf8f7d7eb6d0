import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { SCOPE_MEANING, TokenScope } from "@rollcall/protocol";
import test from "ava";
import { coordinatorWith, runCli, temporaryFolder } from "./support/cli.ts";
import { longAgo } from "./support/views.ts";

const view = { tokenId: "9f1c", scope: "enroll", state: "usable", createdAt: longAgo(2), labels: { rack: "a" } };
const answers = { "POST /v1/tokens": { token: "rct_shown-once", view } };

test("token create prints the token alone on stdout", async (t) => {
	const { api, env } = await coordinatorWith(t, answers);
	const { code, stdout, stderr } = await runCli(t, ["token", "create", "--expires", "10m", "-l", "rack=a"], env);
	t.is(code, 0);
	t.is(stdout, "rct_shown-once\n");
	t.regex(stderr, /^token 9f1c \(enroll, without end\):\n$/);
	t.deepEqual(api.seen.at(-1)?.body, { scope: "enroll", labels: { rack: "a" }, expiresInSeconds: 600 });
});

test("token create --out keeps the token in a file of its own, 0600, and does not print it", async (t) => {
	const { env } = await coordinatorWith(t, answers);
	const out = join(await temporaryFolder(t), "token");
	for (const form of ["table", "json"]) {
		const file = `${out}-${form}`;
		const { code, stdout, stderr } = await runCli(t, ["token", "create", "--out", file, "-o", form], env);
		t.is(code, 0);
		t.false((stdout + stderr).includes("rct_"));
		t.is(await readFile(file, "utf8"), "rct_shown-once\n");
		t.is((await stat(file)).mode & 0o777, 0o600);
	}
	const again = await runCli(t, ["token", "create", "--out", `${out}-table`], env);
	t.is(again.code, 2);
	t.regex(again.stderr, /it exists already/);
});

test("a token that is refused leaves no file", async (t) => {
	const { env } = await coordinatorWith(t, {
		"POST /v1/tokens": { problem: { code: "forbidden", message: "this token may only read" } },
	});
	const out = join(await temporaryFolder(t), "token");
	t.is((await runCli(t, ["token", "create", "--out", out], env)).code, 1);
	await t.throwsAsync(stat(out), { code: "ENOENT" });
});

test("a token may be limited to machines and a cluster, and the list shows to which", async (t) => {
	const reach = { cluster: "lab", role: "worker", labels: { rack: "a" } };
	const limited = { ...view, scope: "operator", labels: {}, reach };
	const { api, env } = await coordinatorWith(t, {
		"POST /v1/tokens": { token: "rct_x", view: limited },
		"GET /v1/tokens": { tokens: [limited], more: 0 },
	});
	const words = "token create --scope operator --only rack=a --only-role worker --cluster lab".split(" ");
	t.is((await runCli(t, words, env)).code, 0);
	t.deepEqual(api.seen.at(-1)?.body, { scope: "operator", labels: {}, reach });
	t.regex((await runCli(t, ["token", "list"], env)).stdout, /cluster lab, role worker, rack=a/);
	const refused = await runCli(t, ["token", "create", "--scope", "admin", "--only", "rack=a"], env);
	t.is(refused.code, 2);
	t.regex(refused.stderr, /--only: tokens with --scope admin are not limited/);
});

test("token create --help says what each scope allows", async (t) => {
	const { stdout } = await runCli(t, ["token", "create", "--help"], {});
	for (const scope of TokenScope.options) t.true(stdout.includes(SCOPE_MEANING[scope]), scope);
});

test("token list and revoke show what became of tokens", async (t) => {
	const tokens = [view, { ...view, tokenId: "77aa", state: "used", usedBy: "m-1" }];
	const { env } = await coordinatorWith(t, {
		"GET /v1/tokens": { tokens, more: 3 },
		"DELETE /v1/tokens/9f1c": { ...view, state: "revoked" },
	});
	const list = await runCli(t, ["token", "list"], env);
	t.is(
		list.stdout,
		[
			"TOKEN  SCOPE   STATE   AGE   EXPIRES  LAST USED  USED BY  MAC  LABELS",
			"9f1c   enroll  usable  2h1m  never    -          -        -    rack=a",
			"77aa   enroll  used    2h1m  never    -          m-1      -    rack=a",
			"",
		].join("\n"),
	);
	t.is(list.stderr, "3 older ones are not shown\n");
	t.is((await runCli(t, ["token", "revoke", "9f1c"], env)).stdout, "token 9f1c (enroll): revoked\n");
});
