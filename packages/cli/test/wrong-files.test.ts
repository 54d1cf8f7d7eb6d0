import { execFileSync } from "node:child_process";
import { chmodSync, createWriteStream, mkdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { withDeadline } from "@rollcall/test-support/eventually";
import { ownFolder } from "@rollcall/test-support/own-folder";
import test from "ava";
import { alone } from "../src/api/alone.ts";
import { loginPath, readLogin, removeLogin } from "../src/api/login-file.ts";
import { readToken } from "../src/configuration/connection.ts";
import { readTextFile } from "../src/files/read-text.ts";
import { removeLeftovers } from "../src/up/leftovers.ts";

const pipe = (path: string): string => {
	mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
	execFileSync("mkfifo", ["-m", "600", path]);
	return path;
};

test("a pipe in place of what the command keeps for itself keeps nobody waiting", async (t) => {
	const folder = ownFolder(t);
	const env = { ROLLCALL_CONFIG: join(folder, "config.json") };
	pipe(loginPath(env, "https://one"));
	t.is(await withDeadline("no login", readLogin(env, "https://one")), undefined);
	t.false(await withDeadline("nothing to forget", removeLogin(env, "https://one")));
	const left = join(folder, "rollcall-up-x");
	pipe(join(left, "owner.json"));
	chmodSync(left, 0o700);
	t.is(await withDeadline("nothing goes", removeLeftovers(folder)), 0);
});

const LOCKS: Readonly<Record<string, (path: string) => unknown>> = {
	"is a pipe": pipe,
	"is a link to nowhere": (path) => symlinkSync("/nowhere/at/all", path),
	"names a living process, and was made while the date was ahead": (path) => {
		writeFileSync(path, String(process.pid));
		const ahead = new Date(Date.now() + 3_600_000);
		utimesSync(path, ahead, ahead);
	},
};
for (const [what, put] of Object.entries(LOCKS))
	test(`a lock that ${what} holds nobody`, async (t) => {
		const lock = join(ownFolder(t), "lock");
		put(lock);
		t.is(
			await withDeadline(
				"its turn",
				alone(lock, async () => readFileSync(lock, "utf8")),
			),
			String(process.pid),
		);
	});

test("what is named on the command line may be a pipe that somebody writes to", async (t) => {
	const [document, token] = [pipe(join(ownFolder(t), "document")), pipe(join(ownFolder(t), "token"))];
	for (const [path, text] of [
		[document, "kind: Cluster\n"],
		[token, "rct_x\n"],
	] as const)
		createWriteStream(path).end(text);
	t.is(await withDeadline("a text", readTextFile(document, 1024)), "kind: Cluster\n");
	t.like(await withDeadline("a token", readToken(token, "--token-file")), { token: "rct_x" });
});
