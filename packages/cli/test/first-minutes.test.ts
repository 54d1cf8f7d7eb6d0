import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { eventually, withDeadline } from "@rollcall/test-support/eventually";
import test from "ava";
import { PROGRAM_ROOT } from "../src/program-root.ts";
import { widthOf } from "../src/text/width.ts";
import { runCli, startCli, temporaryFolder } from "./support/cli.ts";
import { linesOf, programOnTerminal } from "./support/terminal.ts";

const UP_MS = 120_000;

/** The command lines that README has for a second terminal, as words, with this machine. */
async function secondTerminal(machine: string): Promise<string[][]> {
	const readme = await readFile(join(PROGRAM_ROOT, "README.md"), "utf8");
	const lines = [...readme.matchAll(/^ {4}npx rollcall (.*)$/gm)].map(([, line = ""]) => line.split(" # ")[0] ?? "");
	return lines.map((line) =>
		line
			.trim()
			.split(/\s+/)
			.map((word) => (word === "MACHINE" ? machine : word)),
	);
}

/** What `npm start` runs behind its setup, as npm runs it: in a shell, in the project, with the project's programs. */
async function startOfReadme(): Promise<{ readonly command: string; readonly path: string }> {
	const readme = await readFile(join(PROGRAM_ROOT, "README.md"), "utf8");
	if (!/^ {4}npm start {2,}#/m.test(readme)) throw new Error("README begins with npm start");
	const { scripts } = JSON.parse(await readFile(join(PROGRAM_ROOT, "package.json"), "utf8"));
	return { command: scripts.start, path: `${join(PROGRAM_ROOT, "node_modules/.bin")}:${process.env.PATH ?? ""}` };
}

/** The picture that was drawn last, without what steers the terminal. */
function lastFrame(output: string): string[] {
	return linesOf((output.split("\u001b[0J").at(-2) ?? "").trimEnd());
}

test("the first minutes as README has them: what `npm start` runs on a terminal, its commands in a second one, a smaller window, Ctrl-C", async (t) => {
	const env = { ROLLCALL_CONFIG: join(await temporaryFolder(t), "config.json"), HOME: await temporaryFolder(t) };
	const { command, path } = await startOfReadme();
	const inShell = ["sh", "-c", `cd "$1" && exec ${command}`, "npm", PROGRAM_ROOT];
	const up = await programOnTerminal(t, inShell, { columns: 80, rows: 24, env: { ...env, PATH: path } });
	await eventually("the picture", () => up.output().includes("In a second terminal"), UP_MS);
	const waited = await runCli(t, ["wait", "--all", "--for", "ready", "-o", "json"], env);
	t.is(waited.code, 0, waited.stderr);
	const { machines } = JSON.parse(waited.stdout) as { machines: { nodeName: string }[] };
	const server = /https:\/\/127\.0\.0\.1:\d+/.exec(up.output())?.[0] ?? "?";
	for (const line of lastFrame(up.output())) t.true(widthOf(line) <= 80, line);

	const lines = await secondTerminal(machines[0]?.nodeName ?? "?");
	t.true(lines.length >= 5, String(lines.length));
	let watching: Awaited<ReturnType<typeof startCli>> | undefined;
	for (const words of lines) {
		// The only control plane of this fleet: a person has to accept what goes with its memory.
		const more = words[0] === "reboot" ? ["--accept-loss", "etcd"] : [];
		const running = await startCli(t, [...words, ...more], env);
		if (words[0] === "watch") {
			// It goes on until Ctrl-C; the reboot gives it something to tell.
			watching = running;
			continue;
		}
		const { code, stderr } = await withDeadline(words.join(" "), running.ended, UP_MS);
		t.is(code, 0, `${words.join(" ")}: ${stderr}`);
	}
	await eventually("what happened, as it happened", () => /machine-enrolled/.test(watching?.stdout() ?? ""));
	watching?.child.kill("SIGINT");
	t.is((await watching?.ended)?.code, 0);

	const before = up.output().length;
	up.resize(40, 12);
	await eventually("a picture of the new size", () => up.output().slice(before).includes("\u001b[2J"));
	await eventually("one that fits", () => {
		const frame = lastFrame(up.output());
		return frame.length <= 12 && frame.every((line) => widthOf(line) <= 40) && frame.join("").includes(server);
	});
	up.type("\u0003");
	t.is(await withDeadline("the end", up.ended, UP_MS), 0);
	t.true(up.output().includes("\u001b[?25h"), "the cursor is back");
	t.notRegex(await readFile(env.ROLLCALL_CONFIG, "utf8").catch(() => ""), /127\.0\.0\.1/, "its context is gone");
});
