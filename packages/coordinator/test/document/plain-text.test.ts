import { plainText } from "@rollcall/protocol";
import fc from "@rollcall/test-support/properties";
import test from "ava";

test("what is no text in UTF-8 is told in words, with its line", (t) => {
	const cases: [Uint8Array, RegExp][] = [
		[Buffer.from(""), /^it is empty$/],
		[Buffer.from(" \n\t\n"), /^it is empty$/],
		[Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0x0a, 0x00]), /binary file .* line 2/],
		[Buffer.from("a: 1\nb: caf\xe9 x\nc: 2\n", "latin1"), /^line 2 is not UTF-8/],
		[Buffer.from("a: caf\xe9", "latin1"), /^line 1 is not UTF-8/],
		[Buffer.from("\ufeffa: 1\n", "utf16le"), /UTF-16/],
	];
	for (const [bytes, reason] of cases) {
		const read = plainText(bytes);
		t.regex(read.ok ? "" : read.reason, reason);
	}
	t.deepEqual(plainText(Buffer.from("\ufeffa: ä\n")), { ok: true, text: "a: ä\n" });
});

test("the line of a byte that is not UTF-8 is right wherever it stands", (t) => {
	const lines = fc.array(fc.string({ unit: fc.constantFrom("a", "ä", "€", "😀", " ") }), {
		minLength: 1,
		maxLength: 12,
	});
	fc.assert(
		fc.property(lines, fc.nat(), (texts, at) => {
			const bad = at % texts.length;
			const parts = texts.map((text, index) =>
				Buffer.concat([Buffer.from(text), index === bad ? Buffer.of(0xff) : Buffer.of()]),
			);
			const read = plainText(
				Buffer.concat(parts.flatMap((part, index) => (index === 0 ? [part] : [Buffer.from("\n"), part]))),
			);
			return !read.ok && read.reason.startsWith(`line ${bad + 1} `);
		}),
	);
	t.pass();
});
