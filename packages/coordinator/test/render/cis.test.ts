import { readFileSync } from "node:fs";
import test from "ava";
import { NODE_TREES } from "./cis/rule.ts";
import { RULES } from "./cis/rules.ts";

/** Rules that do not hold to the letter; `docs/security.md` says why. */
const EXCEPTIONS = new Set([
	"1.2.1",
	"4.2.2 etcd",
	"4.2.7",
	"4.2.9 etcd",
	"4.2.10",
	"4.2.3 etcd",
	"beyond: images by digest",
	"beyond: no privileged container",
]);

for (const { id, title, on, holds } of RULES) {
	for (const role of on) {
		const name = on.length > 1 && EXCEPTIONS.has(`${id} ${role}`) ? `${id} ${role}` : id;
		if (EXCEPTIONS.has(name)) {
			test(`${id} on ${role} is an exception, and still one: ${title}`, (t) => {
				t.false(holds(NODE_TREES[role]), "the rule holds now: take it from the list of exceptions");
			});
		} else {
			test(`${id} holds on ${role}: ${title}`, (t) => {
				t.true(holds(NODE_TREES[role]));
			});
		}
	}
}

test("docs/security.md gives a reason for each exception, and for nothing else", (t) => {
	const text = readFileSync(new URL("../../../../docs/security.md", import.meta.url), "utf8");
	const section = /^## Exceptions$([\s\S]*?)(?=^## |$(?![\s\S]))/m.exec(text)?.[1] ?? "";
	const listed = [...section.matchAll(/^\| `([^`]+)` *\|/gm)].map(([, id]) => id);
	t.deepEqual(listed.sort(), [...EXCEPTIONS].sort());
});
