import { join } from "node:path";
import { run } from "@rollcall/test-support/running";
import test from "ava";
import { repository } from "./support/places.ts";

const AVA = join(repository, "node_modules/ava/entrypoints/cli.js");

test("a test whose part is missing is counted as skipped, and says what is missing", async (t) => {
	const ava = run(process.execPath, [AVA, "test/kubernetes/secrets-key.test.ts"], {
		KUBE_BIN: "",
		ROLLCALL_TEST_TIMES: "",
	});
	t.teardown(() => ava.end());
	t.is((await ava.exited).code, 0, ava.output());
	t.regex(ava.output(), /- \[skip\] .*\(set KUBE_BIN to a folder with kube-apiserver\)/);
	t.regex(ava.output(), /1 test skipped/);
	t.notRegex(ava.output(), /✔|passed/);
});
