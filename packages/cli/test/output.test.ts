import { spawn } from "node:child_process";
import { open } from "node:fs/promises";
import { tied } from "@rollcall/test-support/tied";
import test from "ava";
import { CLI_MAIN, coordinatorWith, startCli } from "./support/cli.ts";
import { fleet } from "./support/views.ts";

async function intoFullDisk(args: readonly string[], env: Record<string, string>) {
	const full = await open("/dev/full", "w");
	const child = spawn(...tied(process.execPath, [CLI_MAIN, ...args]), {
		env: { PATH: process.env.PATH ?? "", ...env },
		stdio: ["ignore", full.fd, "pipe"],
	});
	let stderr = "";
	child.stderr?.setEncoding("utf8").on("data", (text: string) => {
		stderr += text;
	});
	const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
	await full.close();
	return { code, stderr };
}

test("output that cannot be written is an error with the reason and the next step", async (t) => {
	const { env } = await coordinatorWith(t, { "GET /v1/machines": { machines: fleet() } });
	for (const args of [["machines"], ["machines", "-o", "json"], ["--help"]]) {
		const { code, stderr } = await intoFullDisk(args, env);
		t.is(code, 1, args.join(" "));
		t.is(
			stderr,
			"rollcall: the output cannot be written: no space is left on the device\n  next: make room there, or send the output elsewhere\n",
		);
	}
});

test("a reader that goes away ends the command quietly with 0", async (t) => {
	const { env } = await coordinatorWith(t, { "GET /v1/machines": { machines: fleet() } });
	const running = await startCli(t, ["machines"], env);
	running.child.stdout?.destroy();
	const { code, stderr } = await running.ended;
	t.is(code, 0);
	t.is(stderr, "");
});
