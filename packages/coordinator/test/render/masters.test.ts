import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { TargetContent } from "@rollcall/protocol";
import test from "ava";

const golden = new URL("golden/", import.meta.url).pathname;
const security = readFileSync(new URL("../../../../docs/security.md", import.meta.url), "utf8");

test("of all certificates that machines are given, the one for rescues alone is of system:masters, as docs/security.md says", (t) => {
	const trees = readdirSync(golden).filter((name) => !name.endsWith(".diff"));
	const all = trees.flatMap((name) => {
		const text = readFileSync(join(golden, name, "target.json"), "utf8");
		return (JSON.parse(text) as Pick<TargetContent, "certificates">).certificates ?? [];
	});
	t.true(all.length > 10);
	const masters = all.filter(({ subject }) => subject.organizations.includes("system:masters"));
	t.deepEqual([...new Set(masters.map(({ subject }) => subject.commonName))], ["kubernetes-super-admin"]);
	t.regex(security, /^ {2}\| `kubernetes-super-admin` \|/m);
});
