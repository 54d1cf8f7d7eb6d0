import { readFileSync } from "node:fs";
import test from "ava";
import { coreAddOns } from "../../src/render/addons/core-add-ons.ts";
import { NODE_TREES } from "./cis/rule.ts";
import { RULES } from "./cis/rules.ts";
import { example } from "./fleet-of.ts";
import { nodeTree } from "./node-tree.ts";

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
	"beyond: read-only root control-plane",
	"beyond: read-only root worker",
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

for (const role of ["control-plane", "worker", "etcd"] as const) {
	test(`the file system of a container is writable on ${role} only where its image links its iptables`, (t) => {
		const pods = NODE_TREES[role].content.files.filter(({ path }) => path.startsWith("/etc/kubernetes/manifests/"));
		const writable = pods
			.filter(({ content }) => /readOnlyRootFilesystem: (?!true)/.test(content))
			.map(({ path }) => path);
		t.deepEqual(writable, role === "etcd" ? [] : ["/etc/kubernetes/manifests/kube-proxy.yaml"]);
		const withFlannel = nodeTree(role, "1.36", ", podNetwork: flannel").content.files;
		for (const { content } of withFlannel.filter(({ path }) => path.endsWith("/kube-flannel.yaml")))
			t.is([...content.matchAll(/readOnlyRootFilesystem: true/g)].length, 1, "the installer needs no writable one");
	});
}

/** Of a file that Calico's installer writes: 0600 by its own default, which `TEST_FILE_PERMISSION` alone would change. */
const OF_THE_INSTALLER = "1.1.9";

for (const role of ["control-plane", "worker", "etcd"] as const) {
	test(`with Calico as the pod network every rule is as it is with routes on ${role}`, (t) => {
		const tree = nodeTree(role, "1.36", ", podNetwork: calico");
		for (const { id, on, holds } of RULES)
			if (on.includes(role) && id !== OF_THE_INSTALLER) t.is(holds(tree), holds(NODE_TREES[role]), id);
		t.false(tree.content.files.some(({ path }) => path.startsWith("/etc/cni/")));
	});
}

test("nothing changes the mode of the file that Calico's installer writes", (t) => {
	const { kubernetes, ...document } = example("three-nodes");
	const addOns = coreAddOns({ ...document, kubernetes: { ...kubernetes, podNetwork: "calico" } });
	t.true(addOns.some(({ kind }) => kind === "DaemonSet"));
	t.false(JSON.stringify(addOns).includes("TEST_FILE_PERMISSION"));
});

test("docs/security.md gives a reason for each exception, and for nothing else", (t) => {
	const text = readFileSync(new URL("../../../../docs/security.md", import.meta.url), "utf8");
	const section = /^## Exceptions$([\s\S]*?)(?=^## |$(?![\s\S]))/m.exec(text)?.[1] ?? "";
	const listed = [...section.matchAll(/^\| `([^`]+)` *\|/gm)].map(([, id]) => id);
	t.deepEqual(listed.sort(), [...EXCEPTIONS].sort());
});
