import fc from "@rollcall/test-support/properties";
import test from "ava";
import { expandWords, parseCommand, splitWords } from "../src/init/command-line.ts";
import { parseSpan, parseUnitFile } from "../src/init/unit-file.ts";

const service = (...lines: string[]): string => ["[Service]", ...lines, ""].join("\n");

test("words that are quoted by the rules come back as they were", (t) => {
	const quote = (word: string): string =>
		`"${word.replaceAll("%", "%%").replaceAll(/[\\"]/g, "\\$&").replaceAll("\n", "\\n")}"`;
	fc.assert(
		fc.property(fc.array(fc.string({ unit: "grapheme" })), (words) => {
			t.deepEqual(splitWords(words.map(quote).join(" \t")), words);
		}),
	);
});

test("any text is split or refused with a reason, never with another error", (t) => {
	fc.assert(
		fc.property(fc.string(), (text) => {
			try {
				t.true(Array.isArray(splitWords(text)));
			} catch (error) {
				t.is((error as Error).name, "CommandLineError");
			}
		}),
	);
});

test("any unit file is read or refused with a reason, never with another error", (t) => {
	const line = fc.constantFrom(
		"[Unit]",
		"[Service]",
		"ExecStart=",
		"Type=oneshot",
		"RestartSec=x",
		"Environment='A",
		"\\",
	);
	fc.assert(
		fc.property(fc.array(fc.oneof(line, fc.string())), (lines) => {
			try {
				t.is(typeof parseUnitFile([lines.join("\n")]).description, "string");
			} catch (error) {
				t.is((error as Error).name, "UnitFileError");
			}
		}),
	);
});

test("a command keeps its quoted words, and a minus lets it fail", (t) => {
	t.deepEqual(parseCommand(`-/bin/sh -c "echo 'a b' 100%%"`), {
		words: ["/bin/sh", "-c", "echo 'a b' 100%"],
		ignoreFailure: true,
	});
	t.throws(() => parseCommand("/bin/echo %i"), { message: /specifier %i is not rehearsed/ });
	t.throws(() => parseCommand('/bin/echo "a'), { message: /not closed/ });
});

test("a variable as a whole word becomes several words, in braces it stays one", (t) => {
	const variables = { ARGS: "--a  --b=1", ONE: "x y" };
	// biome-ignore lint/suspicious/noTemplateCurlyInString: it is systemd's
	t.deepEqual(expandWords(["/bin/k", "$ARGS", "v=${ONE}", "$NONE", "$$HOME"], variables), [
		"/bin/k",
		"--a",
		"--b=1",
		"v=x y",
		"$HOME",
	]);
});

test("a drop-in replaces a command after taking it back", (t) => {
	const unit = parseUnitFile([
		service("ExecStart=/usr/bin/kubelet", "Environment=A=1"),
		service("ExecStart=", "ExecStart=/usr/bin/kubelet \\", "  --config=/etc/k", "Environment='B=2 3'"),
	]);
	t.deepEqual(unit.start[0]?.words, ["/usr/bin/kubelet", "--config=/etc/k"]);
	t.deepEqual(unit.environment, { A: "1", B: "2 3" });
});

test("comments, unknown settings and other sections are passed over", (t) => {
	const text = [
		"# c",
		"[Unit]",
		"Description=d",
		"; c",
		"[Service]",
		"MemoryMax=1G",
		"ExecStart=/bin/true",
		"[Install]",
	];
	const unit = parseUnitFile([text.join("\n")]);
	t.is(unit.description, "d");
	t.is(unit.start.length, 1);
});

test("what is not rehearsed is refused by name", (t) => {
	t.throws(() => parseUnitFile([service("Type=forking", "ExecStart=/bin/a")]), {
		message: /Type=forking is not rehearsed/,
	});
	t.throws(() => parseUnitFile([service("Type=simple")]), { message: /no ExecStart=/ });
	t.throws(() => parseUnitFile([service("ExecStart=/bin/a", "ExecStart=/bin/b")]), { message: /Type=oneshot only/ });
});

test("time spans are read as systemd reads them", (t) => {
	t.deepEqual(["5", "100ms", "1min 30s", "1.5s", "0"].map(parseSpan), [5000, 100, 90_000, 1500, 0]);
	for (const text of ["", "soon", "5 parsecs", "5 constructor"])
		t.throws(() => parseSpan(text), { message: /is not a time span/ });
});

test("a variable that nobody set is empty, also one that every object inherits", (t) => {
	// biome-ignore lint/suspicious/noTemplateCurlyInString: that is how systemd writes variables
	t.deepEqual(expandWords(["/bin/k", "$constructor", "${toString}", "v=${__proto__}"], {}), ["/bin/k", "", "v="]);
	t.deepEqual(splitWords("a\\c"), ["a\\c"]);
});
