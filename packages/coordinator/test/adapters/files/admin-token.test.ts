import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sha256Of } from "@rollcall/protocol";
import { ownFolder } from "@rollcall/test-support/own-folder";
import test from "ava";
import { adminToken } from "../../../src/adapters/files/admin-token.ts";

const GOOD = `rc_${"aB3_-".repeat(8)}abc`;

/** The file as it may be found, by what is wrong with it. */
const DAMAGED: Readonly<Record<string, string>> = {
	"one letter short": GOOD.slice(0, -1),
	"cut to its beginning": "rc_",
	"with zeros behind it": `${GOOD}\0\0`,
	"of zeros": "\0".repeat(46),
	"with a second line": `${GOOD}\n${GOOD}\n`,
	"with a space in it": `${GOOD.slice(0, 20)} ${GOOD.slice(21)}`,
	"a page of a web server": "<html>404</html>",
};

for (const [what, text] of Object.entries(DAMAGED))
	test(`an operator's token ${what} is taken for none: what to do is told, and the file stays`, async (t) => {
		const folder = ownFolder(t);
		const file = join(folder, "admin-token");
		writeFileSync(file, text, { mode: 0o600 });
		const error = await t.throwsAsync(adminToken(folder));
		t.regex(
			error.message,
			/^the operator's token .*admin-token is damaged: .*; restore it .*, or move it away to have/,
		);
		t.false(error.message.includes(GOOD.slice(3)));
		t.is(readFileSync(file, "utf8"), text);
	});

for (const [what, around] of Object.entries({
	"a line end": ["", "\n"],
	"a line end of Windows": ["", "\r\n"],
	"a byte order mark": ["\ufeff", "\n"],
	nothing: ["", ""],
} as const))
	test(`an operator's token with ${what} around it is the token`, async (t) => {
		const folder = ownFolder(t);
		writeFileSync(join(folder, "admin-token"), around.join(GOOD), { mode: 0o600 });
		t.like(await adminToken(folder), { hash: sha256Of(GOOD), isNew: false });
	});

test("the token that a first start makes is taken by the next one", async (t) => {
	const folder = join(ownFolder(t), "data");
	mkdirSync(folder);
	const made = await adminToken(folder);
	t.true(made.isNew);
	t.like(await adminToken(folder), { hash: made.hash, isNew: false });
});
