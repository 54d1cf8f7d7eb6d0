import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { eventually } from "@rollcall/test-support/eventually";
import { ownFolder } from "@rollcall/test-support/own-folder";
import test, { type ExecutionContext } from "ava";
import { bootDocument, writeAgentProgram } from "../support/boot.ts";
import { newOperator } from "../support/cli.ts";
import { asAdmin, startCoordinator } from "../support/coordinator.ts";

/** A coordinator, and a mirror of Flatcar whose files begin and never end. */
async function scene(t: ExecutionContext) {
	const folder = ownFolder(t);
	const document = join(folder, "boot.yaml");
	writeFileSync(document, bootDocument("lab"));
	const coordinator = await startCoordinator(t, { boot: { port: 0, document, agent: writeAgentProgram(folder).file } });
	const operator = newOperator(t);
	const connection = asAdmin(coordinator);
	const asked = { open: 0 };
	const server = createServer((request, response) => {
		if (request.url?.endsWith(".DIGESTS")) {
			const file = request.url.replace(/^.*\/|\.DIGESTS$/g, "");
			response.end(`# SHA512 HASH\n${"a".repeat(128)}  ${file}\n`);
		} else if (request.method === "HEAD") response.end();
		else {
			asked.open += 1;
			response.once("close", () => void asked.open--);
			response.writeHead(200, { "content-length": 1_000_000 }).write("begun");
		}
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	t.teardown(() => server.close());
	t.teardown(() => server.closeAllConnections());
	const from = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	const run = (...args: string[]) => operator.rollcall(...connection, ...args);
	const fetching = () => {
		const { child, exited } = operator.start(...connection, "assets", "fetch", "flatcar", "4593.1.0", "--from", from);
		const said = { stderr: "" };
		child.stderr?.on("data", (chunk: Buffer) => {
			said.stderr += chunk.toString();
		});
		return { child, exited, said };
	};
	const begun = () => eventually("the download", () => asked.open === 1);
	const ended = () => eventually("the end of the download", () => asked.open === 0);
	return { run, fetching, begun, ended };
}

test("Ctrl-C in the middle of a fetch has the coordinator end it, and says so", async (t) => {
	const { run, fetching, begun, ended } = await scene(t);
	const { child, exited, said } = fetching();
	await begun();
	child.kill("SIGINT");
	t.is((await exited).code, 130, said.stderr);
	t.regex(said.stderr, /^flatcar\/4593\.1\.0\/flatcar_production_pxe\.vmlinuz: ending it$/m);
	t.regex(
		said.stderr,
		/vmlinuz: it was ended before it was whole\n {2}next: `rollcall assets list` shows what is kept/,
	);
	await ended();
	t.regex((await run("assets", "work")).stderr, /nothing is on its way/);
	t.notRegex((await run("assets", "list")).stdout, /flatcar/);
});

test("what a killed command began is shown, and can be ended by its id", async (t) => {
	const { run, fetching, begun, ended } = await scene(t);
	const { child, exited } = fetching();
	await begun();
	child.kill("SIGKILL");
	await exited;
	const { stdout } = await run("assets", "work");
	t.regex(stdout, /add flatcar\/4593\.1\.0\/flatcar_production_pxe\.vmlinuz +5 B of 976\.6 KiB \(0%\)/);
	const [id = ""] = /[0-9a-f-]{36}/.exec(stdout) ?? [];
	const stopped = await run("assets", "stop", id);
	t.is(stopped.code, 0, stopped.stderr);
	await ended();
	t.regex((await run("assets", "stop", id)).stdout, /it is over already/);
	const unknown = await run("assets", "stop", "0b9f4f2e-6f0e-4d3c-9a52-0c5b7c1d2e3f");
	t.is(unknown.code, 4, unknown.stderr);
	const wrong = await run("assets", "stop", "nope");
	t.is(wrong.code, 2);
	t.regex(wrong.stderr, /'nope': it is an id that `rollcall assets work` shows/);
});
