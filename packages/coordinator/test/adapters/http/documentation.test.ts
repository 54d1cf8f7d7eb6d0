import { readFileSync } from "node:fs";
import { SCOPE_MEANING, TokenScope } from "@rollcall/protocol";
import test from "ava";
import { DEFAULT_LIMITS } from "../../../src/adapters/http/limits.ts";
import { ROUTES } from "../../../src/adapters/http/routes/table.ts";
import { createMetrics } from "../../../src/adapters/metrics/metrics.ts";

const text = readFileSync(new URL("../../../../../docs/api.md", import.meta.url), "utf8");

test("docs/api.md lists the routes of the table and no other", (t) => {
	const rows = text.split("\n").filter((line) => /^\| `(?:GET|POST|PUT|DELETE) /.test(line));
	t.deepEqual(
		rows,
		ROUTES.map(
			({ method, path, scope, partial, leads, summary }) =>
				`| \`${method} ${path}\` | ${scope} | ${partial ? `${partial} |` : "|"} ${leads ? "yes |" : "|"} ${summary} |`,
		),
	);
});

test("docs/api.md says what each scope allows, in the words of the code", (t) => {
	const rows = [...text.matchAll(/^\| `(\w+)` \| (.*) \|$/gm)].map(([, scope, meaning]) => [scope, meaning]);
	for (const scope of TokenScope.options)
		t.deepEqual(
			rows.filter(([name]) => name === scope),
			[[scope, SCOPE_MEANING[scope]]],
		);
});

test("docs/api.md lists every metric of our own", async (t) => {
	const documented = [...text.matchAll(/^\| `(rollcall_\w+)/gm)].map(([, name]) => name);
	const counted = [...(await createMetrics("1.2.3").text()).matchAll(/^# TYPE (rollcall_\w+)/gm)].map(
		([, name]) => name,
	);
	t.deepEqual(documented.sort(), counted.sort());
});

test("docs/api.md names the bounds that hold", (t) => {
	const { requests, enrollments, refusals, costly } = DEFAULT_LIMITS;
	t.deepEqual(
		[requests, enrollments, refusals, costly].map(({ burst, perSecond }) => [perSecond, burst]),
		[
			[2000, 4000],
			[500, 2000],
			[5, 60],
			[2, 10],
		],
	);
	t.is(DEFAULT_LIMITS.readers, 256);
	t.is(DEFAULT_LIMITS.readerStallMs, 10_000);
});
