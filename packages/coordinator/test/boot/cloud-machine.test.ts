import { execFile, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import fs from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import test from "ava";
import { cloudMachineText } from "../../src/boot/cloud-machine.ts";
import { FULL_MACHINE } from "./machine-boots.ts";

interface CloudConfig {
	write_files: { path: string; permissions: string; content: string }[];
	runcmd: string[][];
}
const { load } = createRequire(import.meta.url)("js-yaml") as { load(text: string): CloudConfig };

test("cloud-init brings what Ignition brings", (t) => {
	const config = load(cloudMachineText(FULL_MACHINE, ["jq"]));
	const modes = Object.fromEntries(config.write_files.map((file) => [file.path, file.permissions]));
	t.deepEqual(modes, {
		"/etc/systemd/network/10-lan.network": "0644",
		"/opt/rollcall/bin/fetch-agent": "0755",
		"/etc/systemd/system/rollcall-agent.service": "0644",
		"/etc/rollcall/agent.json": "0600",
		"/etc/rollcall/enroll-token": "0600",
	});
	t.deepEqual(config.runcmd[0], [
		"/opt/rollcall/bin/fetch-agent",
		FULL_MACHINE.agent?.download.url,
		FULL_MACHINE.agent?.download.sha512,
	]);
});

test("the agent runs only when it is the one that was meant", async (t) => {
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), "rollcall-fetch-"));
	t.teardown(() => fs.rmSync(folder, { recursive: true }));
	const program = "#!/bin/sh\necho agent\n";
	const server = createServer((_, response) => response.end(gzipSync(program))).listen(0, "127.0.0.1");
	await once(server, "listening");
	t.teardown(() => server.close());
	const script =
		load(cloudMachineText(FULL_MACHINE, [])).write_files.find((file) => file.path.endsWith("fetch-agent"))?.content ??
		"";
	t.is(spawnSync("sh", ["-n"], { input: script }).status, 0);
	const target = path.join(folder, "agent");
	const file = path.join(folder, "fetch-agent");
	fs.writeFileSync(file, script.replaceAll("/opt/rollcall/bin/rollcall-agent", target), { mode: 0o755 });
	const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/agent.gz`;
	const sum = createHash("sha512").update(program).digest("hex");
	const run = promisify(execFile);
	await t.throwsAsync(run(file, [url, sum.replace(/^./, (digit) => (digit === "0" ? "1" : "0"))]), {
		message: /not the one that was meant/,
	});
	t.false(fs.existsSync(target));
	await run(file, [url, sum]);
	t.is(fs.readFileSync(target, "utf8"), program);
	t.is(fs.statSync(target).mode & 0o777, 0o755);
});
