import { changed, testRefusals } from "./refusal.ts";

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
