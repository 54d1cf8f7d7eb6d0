import test from "ava";
import type { Command } from "commander";
import { EXIT } from "../src/exit-codes.ts";
import { buildProgram, runProgram } from "../src/program.ts";
import { pathOf } from "../src/program-path.ts";
import { widthOf } from "../src/text/width.ts";
import { surroundingsHere } from "./support/cli.ts";

/** What a command line prints, on a terminal of so many columns, and its exit code. */
async function run(words: readonly string[], columns?: number): Promise<{ text: string; code: number }> {
	const env = { ROLLCALL_CONFIG: "/nowhere", ROLLCALL_SERVER: "http://127.0.0.1:1" };
	const { surroundings, written } = surroundingsHere(env, { columns, now: () => 0 });
	const code = await runProgram(words, surroundings);
	return { text: written.out + written.err, code };
}

/** All commands and all below them, by their words. */
async function commands(): Promise<{ readonly words: readonly string[]; readonly command: Command }[]> {
	const { program } = await buildProgram(surroundingsHere({}).surroundings);
	const walk = (command: Command): Command[] => [command, ...command.commands.flatMap(walk)];
	return walk(program).map((command) => ({ words: pathOf(command), command }));
}

test("the help of every command has all exit codes, one help, and examples", async (t) => {
	const all = await commands();
	t.true(all.length > 50, String(all.length));
	for (const { words } of all) {
		const { text, code } = await run([...words, "--help"]);
		const name = `rollcall ${words.join(" ")}`;
		t.is(code, 0, name);
		for (const exit of Object.values(EXIT)) t.regex(text, new RegExp(`\\b${exit} [a-z]`), `${name}: ${exit}`);
		t.is([...text.matchAll(/^Exit codes: /gm)].length, 1, name);
		const helps = [...text.matchAll(/^ {2}(?:help\b|-h, --help)/gm)].length;
		t.is(helps, words.length === 0 ? 2 : 1, `${name}: the option, and of the program itself the command`);
		t.regex(text, /^Examples?:\n {2}/m, name);
	}
});

test("the help of every command shows its own options and those of the program, and none of a command above it", async (t) => {
	for (const { words, command } of await commands()) {
		const { text } = await run([...words, "--help"]);
		const shown = new Set(
			[...text.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(([, name]) => name?.replace("--no-", "--")),
		);
		for (let above = command.parent; above?.parent; above = above.parent)
			for (const { long } of above.options)
				if (!command.options.some((own) => own.long === long))
					t.false(shown.has(long?.replace("--no-", "--")), `rollcall ${words.join(" ")}: ${long}`);
	}
});

test("the help of every command fits the terminal, and loses no word", async (t) => {
	for (const { words } of await commands()) {
		const [wide, narrow] = [await run([...words, "--help"], 200), await run([...words, "--help"], 80)];
		// Examples are to be copied: they stay in one line.
		for (const line of narrow.text.split("\n").filter((one) => !/^ {2,}(?:rollcall|source|--|\S+=)/.test(one)))
			t.true(widthOf(line) <= 80, `rollcall ${words.join(" ")}: ${line}`);
		const plain = (text: string) => text.split(/\s+/).join(" ");
		t.is(plain(narrow.text), plain(wide.text), words.join(" "));
	}
});

test("a command that lacks its second word shows its help as wide as the terminal, and ends with 2", async (t) => {
	for (const words of [["assets"], ["context"], ["token"], ["render"]]) {
		const { text, code } = await run(words, 80);
		t.is(code, EXIT.usage);
		for (const line of text.split("\n").filter((one) => !/^ {2,}rollcall/.test(one))) t.true(widthOf(line) <= 80, line);
	}
});

test("a length of time has a unit wherever it is a default", async (t) => {
	const found: string[] = [];
	for (const { words, command } of await commands()) {
		for (const { flags, defaultValue, defaultValueDescription = "" } of command.options) {
			if (!/<(?:time|when)>/.test(flags) || defaultValue === undefined) continue;
			found.push(flags);
			t.regex(defaultValueDescription, /^\d+[smhd]/, `rollcall ${words.join(" ")} ${flags}`);
		}
	}
	t.true(found.length > 2, String(found.length));
});

/** Words of the library that checks values; people get our own. */
const LIBRARY = /Invalid (?:input|option|string|IP|URL)|received |ZodError|\bzod\b|Too (?:small|big):|Unrecognized key/;

test("whatever an option or argument is given, the refusal names it in our own words", async (t) => {
	const junk = ["", "x y", "\u001b[2J", "%", "99999999999999999999", "a=b=c"];
	let refused = 0;
	for (const { words, command } of await commands()) {
		// These start programs or answer from this computer.
		if (["up", "coordinator", "doctor", "help"].includes(words[0] ?? "") || command.commands.length > 0) continue;
		const required = command.registeredArguments.map(() => "m-1");
		for (const option of command.options.filter(({ flags }) => flags.includes("<"))) {
			for (const value of junk) {
				const { text, code } = await run([...words, ...required, `${option.long}=${value}`]);
				t.notRegex(text, LIBRARY, `${words.join(" ")} ${option.long} ${JSON.stringify(value)}`);
				t.notRegex(text, /a fault of the command itself/, `${words.join(" ")} ${option.long} ${JSON.stringify(value)}`);
				t.true([0, 1, 2, 3, 4, 5].includes(code));
				if (code === EXIT.usage) refused += 1;
			}
		}
		for (const value of required.length > 0 ? junk : []) {
			const { text } = await run([...words, "--", value]);
			t.notRegex(text, LIBRARY, `${words.join(" ")} ${JSON.stringify(value)}`);
			t.notRegex(text, /a fault of the command itself/, `${words.join(" ")} ${JSON.stringify(value)}`);
		}
	}
	t.true(refused > 100, String(refused));
});
