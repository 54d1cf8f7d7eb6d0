import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import test, { type ExecutionContext } from "ava";
import { NODE_TREES } from "./cis/rule.ts";

const run = promisify(execFile);
const PATH = `${process.env.PATH}:/usr/sbin:/sbin`;

/** Runs a program on a file of the tree; undefined, and a word about it, where the program is not installed. */
async function check(
	t: ExecutionContext,
	command: readonly [string, ...string[]],
	text: string,
): Promise<string | undefined> {
	const folder = await mkdtemp(join(tmpdir(), "rollcall-check-"));
	t.teardown(() => rm(folder, { recursive: true, force: true }));
	const file = join(folder, "file");
	await writeFile(file, text);
	const [program, ...words] = command;
	try {
		const { stdout, stderr } = await run(
			program,
			words.map((word) => (word === "FILE" ? file : word)),
			{
				env: { ...process.env, PATH },
				timeout: 60_000,
			},
		);
		return `${stdout}${stderr}`;
	} catch (error) {
		if ((error as { code?: unknown }).code !== "ENOENT") throw error;
		t.log(`SKIPPED: ${program} is not installed here`);
		t.pass();
		return undefined;
	}
}

test("HAProxy takes the balancer's configuration as valid, with and without control planes", async (t) => {
	const config = NODE_TREES.worker.text("/etc/kubernetes/balancer/haproxy.cfg");
	for (const text of [config, config.replaceAll(/^ {2}server .*\n/gm, "")]) {
		const said = await check(t, ["haproxy", "-c", "-f", "FILE"], text);
		if (said !== undefined) t.notRegex(said, /WARNING|ALERT/);
	}
});

test("containerd reads its configuration as it is meant", async (t) => {
	const said = await check(
		t,
		["containerd", "--config", "FILE", "config", "dump"],
		NODE_TREES.worker.text("/etc/containerd/config.toml"),
	);
	if (said === undefined) return;
	t.regex(said, /SystemdCgroup = true/);
	t.regex(said, /config_path = ['"]\/etc\/containerd\/certs\.d['"]/);
	t.regex(said, /['"]registry\.k8s\.io\/pause:[\d.]+['"]/);
});
