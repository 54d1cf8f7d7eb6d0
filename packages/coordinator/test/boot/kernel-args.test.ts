import fc, { codePoint } from "@rollcall/test-support/properties";
import test from "ava";
import { ipxeScript } from "../../src/boot/ipxe-script.ts";
import { type KernelArg, kernelArgWords, kernelCommandLine, parseKernelArg } from "../../src/boot/kernel-args.ts";
import { Unencodable } from "../../src/errors.ts";
import { parseIpxe } from "./parsers/ipxe.ts";
import { parseKernelCommandLine } from "./parsers/kernel.ts";

const nasty = fc.oneof(
	fc.string({ unit: fc.constantFrom(..."ab.-_ =\"'$&|;#\\\n\t".split("")), minLength: 0, maxLength: 16 }),
	fc.stringMatching(/^[a-z][a-z.-]{0,8}$/),
	fc.string({ unit: codePoint, maxLength: 12 }),
	fc.constantFrom("--", "&&", "console", "root", "a b", "a  b", " a", "a ", '"', "#", ""),
);
const args = fc.array(fc.record({ name: nasty, value: fc.option(nasty, { nil: undefined }) }), { maxLength: 5 });

function typed(list: { name: string; value: string | undefined }[]): KernelArg[] {
	return list.map(({ name, value }) => (value === undefined ? { name } : { name, value: [value] }));
}
function refusedOr<T>(make: () => T): T | undefined {
	try {
		return make();
	} catch (error) {
		if (error instanceof Unencodable) return undefined;
		throw error;
	}
}
function same(list: { name: string; value: string | undefined }[], line: string): boolean {
	const expected = list.map(({ name, value }) => (value === undefined ? { name } : { name, value }));
	return JSON.stringify(parseKernelCommandLine(line)) === JSON.stringify(expected);
}

test("every command line reads back as exactly the arguments that were meant, or is refused", (t) => {
	let written = 0;
	fc.assert(
		fc.property(args, (list) => {
			const line = refusedOr(() => kernelCommandLine(typed(list)));
			if (line === undefined) return;
			written++;
			return same(list, line);
		}),
		{ numRuns: 30_000 },
	);
	t.true(written > 1000, `only ${written} were written`);
});

test("arguments survive the way through iPXE, blanks in values included", (t) => {
	fc.assert(
		fc.property(args, (list) => {
			const script = refusedOr(() =>
				ipxeScript([{ kind: "kernel", uri: ["/vmlinuz"], args: kernelArgWords(typed(list)) }]),
			);
			if (script === undefined) return;
			// iPXE joins the words with one blank each.
			const words = parseIpxe(script)[0]?.commands[0]?.words.slice(2) ?? [];
			return same(list, words.join(" "));
		}),
		{ numRuns: 30_000 },
	);
	t.pass();
});

test("a value with blanks is quoted, also around a setting", (t) => {
	t.is(kernelCommandLine([{ name: "module.opt", value: ["a b"] }]), 'module.opt="a b"');
	t.deepEqual(kernelArgWords([{ name: "x", value: ["a ", { setting: "uuid" }, " c"] }]), [
		['x="a'],
		[{ setting: "uuid" }],
		['c"'],
	]);
});

test("a command line that the kernel would cut is refused with its length", (t) => {
	t.throws(() => kernelCommandLine([{ name: "a", value: ["x".repeat(2048)] }]), { message: /the kernel takes 2047/ });
});

test("an operator's argument is read with and without quotes", (t) => {
	const parse = (value: string) => [value];
	t.deepEqual(parseKernelArg("quiet", parse), { name: "quiet" });
	t.deepEqual(parseKernelArg("a=b=c", parse), { name: "a", value: ["b=c"] });
	t.deepEqual(parseKernelArg('a="b c"', parse), { name: "a", value: ["b c"] });
});

test("an argument that is quoted whole is the same one", (t) => {
	const read = (text: string) => kernelCommandLine([parseKernelArg(text, (value) => [value])]);
	t.is(read('"dyndbg=file x +p"'), read('dyndbg="file x +p"'));
	t.is(read('"dyndbg=file x +p"'), 'dyndbg="file x +p"');
	t.throws(() => read('"two words"'));
});
