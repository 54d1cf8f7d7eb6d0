import test from "ava";
import { parseDocument } from "../../src/document/parse-document.ts";
import { BASE, changed, testRefusals } from "./refusal.ts";

const slot = (text: string) => changed("count: 2", `count: 2\n    ${text}`);

testRefusals([
	[
		"two taints with one key and effect",
		slot("taints: [{ key: a, effect: NoSchedule }, { key: a, value: b, effect: NoSchedule }]"),
		"slots[1].taints[1]",
		/the API would refuse the node/,
		/leave one out/,
	],
	[
		"a label that kubelet keeps by itself",
		slot('nodeLabels: { "kubernetes.io/hostname": x }'),
		'slots[1].nodeLabels["kubernetes.io/hostname"]',
		/kubelet gives each node its own/,
		/of your own/,
	],
	[
		"an architecture by the name that others give it",
		slot("selector: { arch: amd64 }"),
		"slots[1].selector.arch",
		/one of x64, arm64/,
		/^did you mean x64\?$/,
	],
	["a count without an end", changed("count: 2", "count: .inf"), "slots[1].count", /got Infinity/, /^$/],
	[
		"half a processor, which no quotes would help",
		slot("selector: { minCpus: 0.5 }"),
		"slots[1].selector.minCpus",
		/a whole number, got 0\.5/,
		/^$/,
	],
	[
		"a size that is no number any more",
		changed("slots:", "etcd: { snapshots: { room: 99999999TiB } }\nslots:"),
		"etcd.snapshots.room",
		/^line \d+, column \d+: is at most 9007199254740991, got "99999999TiB"$/,
		/^$/,
	],
]);

test("a slot that an earlier one leaves no machine is warned of, another selector or a higher demand is not", (t) => {
	const warnings = (...slots: string[]) => {
		const parsed = parseDocument(
			`${BASE.slice(0, BASE.indexOf("slots:"))}slots:\n${slots.map((one) => `  - ${one}\n`).join("")}`,
		);
		return parsed.ok ? parsed.warnings.filter((one) => one.includes("takes the rest")) : [parsed.problem.message];
	};
	const control = "{ name: control, role: control-plane, count: 1 }";
	const rest = "{ name: workers, role: worker, count: rest, selector: { minCpus: 2, arch: x64 } }";
	const [warning = "", ...others] = warnings(
		control,
		rest,
		"{ name: more, role: worker, count: rest, selector: { arch: x64, minCpus: 2 } }",
	);
	t.regex(warning, /^slots\[2\]: slot workers takes the rest of the same machines, so more gets none/);
	t.deepEqual(others, []);
	t.is(warnings(control, rest, "{ name: two, role: worker, count: 2, selector: { arch: x64, minCpus: 2 } }").length, 1);
	t.deepEqual(warnings(control, rest, "{ name: more, role: worker, count: rest, selector: { arch: x64 } }"), []);
	t.deepEqual(
		warnings(control, rest.replace("count: rest", "count: rest, grade: attested"), rest.replace("workers", "more")),
		[],
	);
	t.deepEqual(warnings(control, rest.replace("count: rest", "count: 3"), rest.replace("workers", "more")), []);
});
