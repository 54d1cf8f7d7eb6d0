import { canonicalJson, type TargetFile } from "@rollcall/protocol";
import test from "ava";
import { onceForEqual } from "../../src/render/once-for-equal.ts";

interface Kind {
	readonly document: object;
	readonly name: string;
	readonly count?: number | undefined;
}

/** Files that say what they were made of, and how often any were. */
function counted() {
	let times = 0;
	const filesFor = onceForEqual(({ name, count }: Kind): TargetFile[] => {
		times++;
		return [{ path: `/etc/${name}`, mode: "0600", encoding: "utf8", content: `${name} ${count}` }];
	});
	return { filesFor, times: () => times };
}

test("equal input has one and the same files, and anything else in it files of its own", (t) => {
	const { filesFor, times } = counted();
	const document = {};
	const files = filesFor({ document, name: "a", count: 1 });
	t.is(filesFor({ document, name: "a", count: 1 }), files);
	t.is(times(), 1);
	for (const other of [
		{ document: {}, name: "a", count: 1 },
		{ document, name: "b", count: 1 },
		{ document, name: "a", count: 2 },
		{ document, name: "a", count: undefined },
		{ document, name: 'a" 1', count: 1 },
	])
		t.not(filesFor(other), files);
	t.is(times(), 6);
});

test("what is kept is bounded, cannot be changed, and has the canonical JSON of its parts", (t) => {
	const { filesFor, times } = counted();
	const document = {};
	for (let count = 0; count < 200; count++) filesFor({ document, name: "a", count });
	filesFor({ document, name: "a", count: 0 });
	t.is(times(), 201);
	const [file] = filesFor({ document, name: "a", count: 0 });
	t.true(Object.isFrozen(file));
	t.is(canonicalJson({ files: [file] }), canonicalJson({ files: [{ ...file }] }));
});
