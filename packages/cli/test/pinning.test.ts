import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { eventually } from "@rollcall/test-support/eventually";
import { testNeeding } from "@rollcall/test-support/needing";
import test, { type ExecutionContext } from "ava";
import { fingerprintOf } from "../src/configuration/authority.ts";
import { readConfiguration } from "../src/configuration/file.ts";
import { runCli, temporaryFolder } from "./support/cli.ts";
import { onTerminal } from "./support/terminal.ts";

const lacks = spawnSync("openssl", ["version"]).status !== 0;
const needing = testNeeding({ missing: lacks ? "there is no openssl here" : undefined });

/** A server with a certificate for 127.0.0.1 by an authority of its own. `days`: how long it is valid. */
async function httpsServer(t: ExecutionContext, days: number) {
	const folder = await temporaryFolder(t);
	const at = (name: string) => join(folder, name);
	const openssl = (...words: string[]) => {
		const { status, stderr } = spawnSync("openssl", words, { cwd: folder, encoding: "utf8" });
		if (status !== 0) throw new Error(stderr);
	};
	const key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes".split(" ");
	writeFileSync(at("names"), "subjectAltName=IP:127.0.0.1\n");
	openssl("req", "-x509", ...key, "-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=authority", "-days", "9");
	openssl("req", ...key, "-keyout", "key", "-out", "request", "-subj", "/CN=coordinator");
	const by = ["-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "names"];
	openssl("x509", "-req", "-in", "request", ...by, "-out", "crt", "-days", String(days));
	const [authority, own] = [readFileSync(at("ca.crt"), "utf8"), readFileSync(at("crt"), "utf8")];
	const server = createServer({ key: readFileSync(at("key")), cert: `${own}${authority}` });
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	t.teardown(() => {
		server.closeAllConnections();
		server.close();
	});
	const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
	return { url, authorityFile: at("ca.crt"), fingerprint: fingerprintOf(authority) };
}

needing("a person is shown the fingerprint of an authority and asked; only yes keeps it", async (t) => {
	const { url, fingerprint } = await httpsServer(t, 9);
	const env = { ROLLCALL_CONFIG: join(await temporaryFolder(t), "config.json") };
	const kept = async () => Object.keys((await readConfiguration(env.ROLLCALL_CONFIG)).contexts);
	for (const [answer, code, contexts] of [
		["n\r", 130, []],
		["\u0004", 130, []],
		["\u0003", 130, []],
		["y\r", 0, ["lab"]],
	] as const) {
		const terminal = await onTerminal(t, ["context", "add", "lab", "--server", url], { columns: 200, rows: 24, env });
		await eventually("the question", () => terminal.output().includes("[y/N]"));
		t.true(terminal.output().includes(fingerprint));
		terminal.type(answer);
		t.is(await terminal.ended, code, JSON.stringify(answer));
		t.deepEqual(await kept(), [...contexts]);
		t.notRegex(terminal.output(), / at .*\.(?:ts|mjs):/);
	}
	t.true((await runCli(t, ["context", "show"], env)).stdout.includes(fingerprint));
});

needing(
	"of a certificate that has expired it is said so, and that a clock may be wrong, before it is kept and after",
	async (t) => {
		const { url, authorityFile, fingerprint } = await httpsServer(t, 0);
		const env = { ROLLCALL_CONFIG: join(await temporaryFolder(t), "config.json") };
		for (const words of [
			["context", "add", "lab", "--server", url, "--fingerprint", fingerprint],
			["context", "add", "lab", "--server", url, "--ca-file", authorityFile],
		]) {
			const { code, stderr } = await runCli(t, words, env);
			t.is(code, 3, stderr);
			t.regex(
				stderr,
				/is not believed: its certificate has expired, by this computer's clock\n {2}next: .*correct the clock/,
			);
		}
		const { code, stderr } = await runCli(t, ["machines", "--server", url, "--ca-file", authorityFile], env);
		t.is(code, 3);
		t.regex(stderr, /its certificate has expired, by this computer's clock/);
	},
);

test("a fingerprint that is none is refused before anybody is asked", async (t) => {
	const words = ["context", "add", "lab", "--server", "https://127.0.0.1:1", "--fingerprint", "constructor"];
	const { code, stderr } = await runCli(t, words, { ROLLCALL_CONFIG: join(await temporaryFolder(t), "c.json") });
	t.is(code, 2);
	t.regex(stderr, /--fingerprint: not a SHA-256/);
});
