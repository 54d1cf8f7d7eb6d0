import { readdirSync } from "node:fs";
import { testNeeding } from "@rollcall/test-support/needing";
import { kubernetes, namespaces, ROOT } from "@rollcall/test-support/part";
import { stretched } from "@rollcall/test-support/stretch";
import { createGate } from "../support/gate.ts";
import { torture } from "../support/torture.ts";

const test = testNeeding(kubernetes("kube-apiserver", "etcd", "etcdutl"), ROOT, namespaces());
/** Each has three real control planes of its own, which keep both cores busy. */
const enter = createGate(1);
/** A seed with which three machines hold etcd. */
const SEED = "6001";

/** What is true, and the round of the torture that shows it; the torture itself looks for the objects. */
const SHOWN: readonly { readonly title: string; readonly round: string }[] = [
	{
		title: "objects that real API servers acknowledged are there when as many machines as may go have lost their power",
		round: "cut the power of as many members as may go",
	},
	{
		title: "objects that are older than the newest snapshot are there when all control planes have lost their power",
		round: "cut the power of most members, then of the others",
	},
	{
		title:
			"real API servers and etcd take writes without a coordinator for as long as certificates are promised to last, and start anew meanwhile",
		round: "no coordinator for as long as certificates are promised to last",
	},
	{
		title: "real API servers take writes again when a coordinator is back after all certificates have ended",
		round: "no coordinator until all certificates have ended",
	},
];

for (const { title, round } of SHOWN)
	test(title, async (t) => {
		t.timeout(stretched(600_000));
		t.teardown(await enter());
		const { process, temporary } = torture(t, "--only", "etcd", "--rounds", "1", "--seed", SEED, "--round", round);
		const { code } = await process.exited;
		t.is(code, 0, process.output());
		t.regex(process.output(), /1 rounds, [1-9]\d* acknowledged writes found again, of objects of the API/);
		t.deepEqual(readdirSync(temporary), []);
	});
