import type { Slot } from "@rollcall/protocol";
import fc from "@rollcall/test-support/properties";
import test from "ava";
import { mustRegisterAnew, nodeChange } from "../../src/render/node-object.ts";
import type { NodeSeen } from "../../src/render/seen-node.ts";
import { documentOf, fleetOf, labFacts } from "./fleet-of.ts";

const document = documentOf(`apiVersion: rollcall/v1
kind: Cluster
name: lab
kubernetes: { version: "1.36", podNetwork: flannel }
slots:
  - { name: control, role: control-plane, count: 1 }
`);
const [place] = fleetOf(document, [labFacts(0)]).seated;
if (!place) throw new Error("nobody has a seat");
const EMPTY: NodeSeen = {
	name: "node-0",
	bootId: "",
	labels: {},
	taints: [],
	podNetworks: [],
	version: "1",
	state: { ready: true, reason: "", version: "", pressure: [] },
};

type Declared = Pick<Slot, "nodeLabels" | "taints">;
const key = fc.constantFrom("a", "b", "c", "d");
const labels = fc.dictionary(key, fc.constantFrom("", "x"), { maxKeys: 4 });
const taint = fc.record({
	key,
	value: fc.constantFrom("", "x"),
	effect: fc.constantFrom("NoSchedule" as const, "NoExecute" as const),
});
const taints = fc.uniqueArray(taint, { maxLength: 4, selector: (one) => `${one.key}:${one.effect}` });
const declared: fc.Arbitrary<Declared> = fc.record({ nodeLabels: labels, taints });

/** The Node after one round of putting it right for a document with these labels and taints. */
function after({ nodeLabels, taints: wanted }: Declared, seen: NodeSeen): NodeSeen {
	const [slot] = document.slots;
	if (!slot || !place) throw new Error("no slot");
	const change = nodeChange({ ...document, slots: [{ ...slot, nodeLabels, taints: wanted }] }, place, seen);
	if (!change) return seen;
	const all = Object.entries({ ...seen.labels, ...change.labels });
	return {
		...seen,
		labels: Object.fromEntries(all.filter((entry): entry is [string, string] => entry[1] !== null)),
		taints: change.taints ?? seen.taints,
		declared: change.declared,
	};
}

test("whatever was declared before, a Node has exactly what is declared now, beside what is others'", (t) => {
	const others = fc.record({
		labels: fc.dictionary(fc.constantFrom("theirs", "kubernetes.io/hostname"), fc.constant("y")),
		taints: fc.subarray([{ key: "node.kubernetes.io/unreachable", effect: "NoExecute", timeAdded: "then" }]),
	});
	const property = fc.property(fc.array(declared, { minLength: 1, maxLength: 4 }), others, (documents, theirs) => {
		let node: NodeSeen = { ...EMPTY, ...theirs };
		for (const one of documents) node = after(one, node);
		const last = documents.at(-1) ?? { nodeLabels: {}, taints: [] };
		t.deepEqual(node.labels, {
			...theirs.labels,
			...place?.machine.labels,
			...last.nodeLabels,
			"rollcall/slot": "control",
			"node-role.kubernetes.io/control-plane": "",
		});
		const words = (all: readonly { key: string; effect: string; value?: unknown }[]) =>
			all.map((one) => `${one.key}=${one.value ?? ""}:${one.effect}`).sort();
		t.deepEqual(words(node.taints), words([...theirs.taints, ...(last.taints ?? [])]));
		// Once right, nothing is asked for any more.
		t.is(after(last, node), node);
	});
	fc.assert(property, { numRuns: 300 });
});

test("what somebody wrote into the annotation breaks nothing", (t) => {
	for (const text of ["", "{", "[]", "null", '{"labels":1}', '{"labels":[1],"taints":[{}]}'])
		t.like(after({ nodeLabels: { a: "x" } }, { ...EMPTY, declared: text }).labels, { a: "x" });
});

test("the label of an earlier role goes, also from a Node that was never put right", (t) => {
	const node = after({ nodeLabels: {} }, { ...EMPTY, labels: { "node-role.kubernetes.io/worker": "", mine: "" } });
	t.true("mine" in node.labels);
	const roles = Object.keys(node.labels).filter((one) => one.startsWith("node-role"));
	t.deepEqual(roles, ["node-role.kubernetes.io/control-plane"]);
});

test("only a Node of a boot that is over, with networks that are not the declared ones, has to register anew", (t) => {
	if (!place) return t.fail();
	const { machine } = place;
	const must = (podNetworks: readonly string[], bootId = "dead", second?: string) => {
		const networks = { ...document.networks, ...(second ? { second: { pods: second, services: "fd00::/112" } } : {}) };
		return mustRegisterAnew({ ...document, networks }, machine, { ...EMPTY, podNetworks, bootId });
	};
	t.false(must(["10.254.7.0/24"]));
	t.false(must([]));
	t.true(must(["10.1.7.0/24"]));
	t.true(must(["10.0.0.0/8"]));
	t.true(must(["nonsense"]));
	t.false(must(["10.1.7.0/24"], machine.bootId));
	t.true(must(["10.254.7.0/24"], "dead", "fd01::/48"));
	t.false(must(["10.254.7.0/24", "fd01:0:0:1::/64"], "dead", "fd01::/48"));
	const own = { ...document, kubernetes: { ...document.kubernetes, podNetwork: "none" as const } };
	t.false(mustRegisterAnew(own, machine, { ...EMPTY, podNetworks: ["10.1.7.0/24"], bootId: "dead" }));
});

test("a Node of a boot that is over is dead, unless its API has just come back: then it has the taint only if it had it before", (t) => {
	if (!place) return t.fail();
	const key = "node.kubernetes.io/out-of-service";
	const taint = { key, value: "nodeshutdown", effect: "NoExecute" };
	const declared = JSON.stringify({ labels: [], taints: [`${key}:NoExecute`] });
	const isMarked = (justBack: boolean, more: Partial<NodeSeen>, lease: "alive" | "lost" = "alive") => {
		const machine = { ...place.machine, lease };
		const seen = { ...EMPTY, bootId: "dead", declared, ...more };
		const change = nodeChange(document, { ...place, machine }, seen, { justBack });
		return (change?.taints ?? seen.taints).some((one) => one.key === key);
	};
	t.true(isMarked(false, {}));
	t.false(isMarked(true, {}));
	t.true(isMarked(true, { taints: [taint] }));
	t.false(isMarked(false, { bootId: place.machine.bootId, taints: [taint] }));
	t.false(isMarked(true, { bootId: place.machine.bootId, taints: [taint] }));
	const silent = { state: { ...EMPTY.state, ready: false } };
	t.true(isMarked(true, { bootId: place.machine.bootId, ...silent }, "lost"));
});
