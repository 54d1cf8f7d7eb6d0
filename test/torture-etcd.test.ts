import { readdirSync } from "node:fs";
import { testNeeding } from "@rollcall/test-support/needing";
import { namespaces, ROOT } from "@rollcall/test-support/part";
import { stretched } from "@rollcall/test-support/stretch";
import { createGate } from "./support/gate.ts";
import { torture } from "./support/torture.ts";
import { etcdPart } from "./torture/etcd/programs.ts";

const test = testNeeding(ROOT, namespaces(), await etcdPart());
/** Each has a cluster of real members of its own, which keeps both cores busy. */
const enter = createGate(1);
/** A seed with which three machines hold etcd. */
const SEED = "6001";

/** What is true, and the round of the torture that shows it; the torture itself looks for what etcd acknowledged, and waits until all vote and are ready. It has more rounds than are run here. */
const SHOWN: readonly { readonly title: string; readonly round: string }[] = [
	{
		title:
			"a data folder that goes back to before all of etcd's members booted anew takes none of them out, and sweeps no newer snapshot",
		round: "when all members have booted since",
	},
	{
		title:
			"a data folder that goes back to before etcd got two more members takes nothing away while it doubts its log, and then one member at a time",
		round: "of when fewer members were declared",
	},
	{
		title:
			"a document that mends etcd reaches machines that all booted anew under one with which it does not start, and what a snapshot has is there",
		round: "cut the power of all members under an argument",
	},
];

for (const { title, round } of SHOWN)
	test(`with real members of etcd: ${title}`, async (t) => {
		t.timeout(stretched(400_000));
		t.teardown(await enter());
		const { process, temporary } = torture(t, "--only", "etcd", "--rounds", "1", "--seed", SEED, "--round", round);
		const { code } = await process.exited;
		t.is(code, 0, process.output());
		t.regex(process.output(), /1 rounds, [1-9]\d* acknowledged writes found again/);
		t.deepEqual(readdirSync(temporary), []);
	});
