import { readJson } from "@rollcall/protocol";
import fc from "@rollcall/test-support/properties";
import test from "ava";

const faultOf = (text: string): string => {
	const read = readJson(text);
	return read.ok ? "" : `${read.fault.path.join(".")}: ${read.fault.message}`;
};

test("whatever JSON.stringify writes is read as JSON.parse reads it", (t) => {
	fc.assert(
		fc.property(fc.jsonValue({ maxDepth: 6 }), fc.constantFrom(0, 2), (value, space) => {
			const text = JSON.stringify(value, null, space);
			const read = readJson(text);
			if (text.includes('"__proto__":')) return !read.ok;
			t.deepEqual(read, { ok: true, value: JSON.parse(text) });
			return true;
		}),
	);
});

test("a name that stands twice in an object is refused with its place, however it is written", (t) => {
	t.is(faultOf('{"a":1,"a":1}'), "a: stands here twice");
	t.is(faultOf('{"a":[{"b":1},{"b":{"c":1,"\\u0063":2}}]}'), "a.1.b.c: stands here twice");
	t.is(faultOf('{"a":"{\\"b\\":1,\\"b\\":2}","b":["x","x"],"c":{"a":1}}'), "");
});

test("the name __proto__ is refused wherever it stands, and is a text like others elsewhere", (t) => {
	t.is(faultOf('{"labels":{"__proto__":"x"}}'), 'labels.__proto__: "__proto__" cannot be a name here');
	t.is(faultOf('[{"\\u005f_proto__":{}}]'), '0.__proto__: "__proto__" cannot be a name here');
	t.is(faultOf('{"labels":["__proto__"],"constructor":1}'), "");
});

test("what is nested without end is refused, and what is no JSON without repeating it", (t) => {
	t.regex(faultOf("[".repeat(100_000) + "]".repeat(100_000)), /^0(?:\.0)*: lies in more than 32 others$/);
	t.is(faultOf("[".repeat(32) + "]".repeat(32)), "");
	for (const text of ['{"token":"CANARY', '{"token":CANARY}', '{"token":"a" CANARY}', "CANARY", "", '{"a":1}CANARY'])
		t.regex(faultOf(text), /^: not JSON(?!.*CANARY)/);
});
