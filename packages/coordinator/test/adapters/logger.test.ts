import fc from "@rollcall/test-support/properties";
import test from "ava";
import { processLogger } from "../../src/adapters/logger/logger.ts";
import { readableLine } from "../../src/adapters/logger/readable-line.ts";

function onTerminal() {
	const lines: string[] = [];
	const log = processLogger("info", { isTTY: true, write: (text) => lines.push(text) });
	return { log, lines };
}

test("on a terminal an entry is a line to read: time, level, message, fields", (t) => {
	const { log, lines } = onTerminal();
	log.info({ url: "http://192.0.2.1:7420", why: "two words", count: 3 }, "the API listens");
	log.debug("not asked for");
	log.warn({ token: "rc_secret" }, "careful");
	t.regex(
		lines[0] ?? "",
		/^\d\d:\d\d:\d\d info {2}the API listens url=http:\/\/192\.0\.2\.1:7420 why="two words" count=3\n$/,
	);
	t.regex(lines[1] ?? "", /^\d\d:\d\d:\d\d warn {2}careful token=\[Redacted\]\n$/);
	t.is(lines.length, 2);
});

test("an error is told with its reason, and at its level with its stack", (t) => {
	const { log, lines } = onTerminal();
	log.warn({ err: new Error("no room") }, "trying again");
	log.error({ err: new Error("a fault") }, "it failed");
	t.regex(lines[0] ?? "", / trying again error="no room"\n$/);
	t.regex(lines[1] ?? "", / it failed error="a fault"\n\s+at /);
});

test("whatever is logged, nothing steers the terminal and an entry stays one line", (t) => {
	const signs = [
		"\u001b[2J",
		"\u009b1m",
		"\u001b]8;;x\u001b\\",
		"\n",
		"\r",
		"\u202e",
		"\u2028",
		"\u200b",
		"a",
		'"',
		"=",
		" ",
	];
	// They show nothing, and are no format characters: a joiner, fillers, an empty pattern, selectors.
	const part = fc.constantFrom(...signs, "\u034f", "\u3164", "\u115f", "\u2800", "\ufe0f", "\u{e0101}");
	const text = fc.array(part, { maxLength: 8 }).map((parts) => parts.join(""));
	fc.assert(
		fc.property(text, text, fc.jsonValue(), (message, key, value) => {
			const { log, lines } = onTerminal();
			log.info({ [`x${key}`]: message, value }, message);
			t.is(lines.length, 1);
			t.notRegex(
				(lines[0] ?? "").slice(0, -1),
				/[\p{Cc}\p{Cf}\u2028\u2029\u3164\u115f\u2800]|\u034f|\ufe0f|\u{e0101}/u,
			);
		}),
		{ numRuns: 100 },
	);
	t.regex(
		readableLine(JSON.stringify({ level: {}, time: { toString: 1 }, msg: { toString: 1 } })),
		/\? +\{"toString":1\}/,
	);
	t.is(readableLine("no JSON\u001b[1m\n"), "no JSON\\u{1b}[1m\n");
});
