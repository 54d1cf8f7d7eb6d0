import { eventually } from "@rollcall/test-support/eventually";
import test, { type ExecutionContext } from "ava";
import { startAssetScene, startMirror } from "../support/asset-scene.ts";

/** A coordinator, and a mirror of Flatcar without its key, whose files begin and never end. */
async function scene(t: ExecutionContext) {
	const { run, start } = await startAssetScene(t);
	const asked = { open: 0 };
	const from = await startMirror(t, (request, response) => {
		if (request.url?.endsWith(".DIGESTS")) {
			const file = request.url.replace(/^.*\/|\.DIGESTS$/g, "");
			response.end(`# SHA512 HASH\n${"a".repeat(128)}  ${file}\n`);
		} else if (request.url?.endsWith(".asc")) response.writeHead(404).end();
		else if (request.method === "HEAD") response.end();
		else {
			asked.open += 1;
			response.once("close", () => void asked.open--);
			response.writeHead(200, { "content-length": 1_000_000 }).write("begun");
		}
	});
	const fetching = () => {
		const { child, exited } = start("assets", "fetch", "flatcar", "4593.1.0", "--from", from);
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
