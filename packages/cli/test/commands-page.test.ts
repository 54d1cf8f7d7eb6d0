import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import test from "ava";
import { EXIT } from "../src/exit-codes.ts";
import { buildProgram } from "../src/program.ts";
import { painter } from "../src/text/colour.ts";

const page = readFileSync(join(dirname(fileURLToPath(import.meta.url)), "../../../docs/commands.md"), "utf8");
const screen = { write: () => undefined, isTerminal: false, size: () => undefined, paint: painter(false) };
const { program } = buildProgram({
	...{ out: screen, err: screen, env: {}, now: () => 0 },
	...{ onResize: () => () => undefined, onStop: () => () => undefined },
});

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
