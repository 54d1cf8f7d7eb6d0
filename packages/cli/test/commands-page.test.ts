import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import test from "ava";
import type { Command } from "commander";
import { EXIT } from "../src/exit-codes.ts";
import { buildProgram } from "../src/program.ts";
import { painter } from "../src/text/colour.ts";

const page = readFileSync(join(dirname(fileURLToPath(import.meta.url)), "../../../docs/commands.md"), "utf8");
const nothing = () => undefined;
const screen = {
	write: nothing,
	control: nothing,
	document: nothing,
	isTerminal: false,
	size: () => undefined,
	paint: painter(false),
};
const build = async () => {
	const { program } = await buildProgram({
		...{ out: screen, err: screen, env: {}, now: () => 0 },
		...{ onResize: () => () => undefined, onStop: () => () => undefined },
	});
	return program;
};
const program = await build();

/** A command and all below it. */
function walk(command: Command): Command[] {
	return [command, ...command.commands.flatMap(walk)];
}

/** The command lines among the examples of a help text, as words; what a shell takes for itself is left out, `$SUM` is filled in. */
function examplesOf(help: string): string[][] {
	const lines = help.replaceAll(/\\\n\s*/g, "").matchAll(/^ {2}(?:source <\()?rollcall ?(.*)$/gm);
	return [...lines].map(([, line = ""]) => {
		const [command = ""] = line.split(/ {2,}| [|<>] |\)$/);
		return [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, word]) =>
			(quoted ?? word ?? "").replace("$SUM", "0".repeat(128)),
		);
	});
}

test("every command is on the page of commands, and has a description and an example", (t) => {
	for (const command of program.commands) {
		if (command.name() === "help") continue;
		t.true(page.includes(`\`rollcall ${command.name()}`), `rollcall ${command.name()} is on the page`);
		t.not(command.description(), "");
		let help = "";
		for (const one of [command, ...command.commands]) {
			one.configureOutput({ writeOut: (text) => (help += text) });
			one.outputHelp();
		}
		t.regex(help, /Examples?:\n/, command.name());
	}
});

test("every exit code is on the page of commands", (t) => {
	for (const code of Object.values(EXIT)) t.regex(page, new RegExp(`^\\| ${code} +\\|`, "m"));
});

test("every option is on the page of commands", (t) => {
	for (const command of [program, ...program.commands, ...program.commands.flatMap((one) => one.commands)]) {
		for (const { long } of command.options) t.true(page.includes(long ?? ""), `${command.name()} ${long}`);
	}
});

test("every example of a help text is a command line that is taken as it is", async (t) => {
	const examples = walk(program).flatMap((command) => {
		let help = "";
		command.configureOutput({ writeOut: (text) => (help += text) });
		command.outputHelp();
		return examplesOf(help);
	});
	t.true(examples.length > 60, String(examples.length));
	for (const words of examples.filter((one) => !one.includes("--help"))) {
		const fresh = await build();
		let called = 0;
		for (const command of walk(fresh)) command.action(() => void called++);
		await t.notThrowsAsync(fresh.parseAsync(words, { from: "user" }), words.join(" "));
		t.is(called, 1, words.join(" "));
	}
});
