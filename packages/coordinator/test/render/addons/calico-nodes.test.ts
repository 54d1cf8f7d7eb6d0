import test from "ava";
import { parseDocument } from "../../../src/document/parse-document.ts";
import { chooseNodeAddress } from "../../../src/domain/networks/node-address.ts";
import { explainBudget, ramBudget } from "../../../src/render/ram-budget.ts";
import { labFacts } from "../fleet-of.ts";
import { nodeTree } from "../node-tree.ts";
import { SLOTS, text, tree } from "./calico-documents.ts";

test("a node gets kernel modules and no file of a pod network: the DaemonSet brings those", (t) => {
	for (const role of ["control-plane", "worker"] as const) {
		const { content, text: textOf, pods } = tree(role);
		t.deepEqual(
			content.files.filter(({ path }) => /cni|flannel|calico/.test(path)).map(({ path }) => path),
			[],
		);
		t.false(pods.some(({ pod }) => /flannel|calico/.test(pod.metadata.name)));
		t.false((content.certificates ?? []).some(({ name }) => name === "flannel"));
		t.deepEqual(textOf("/etc/modules-load.d/rollcall.conf").trim().split("\n"), [
			"overlay",
			"br_netfilter",
			"vxlan",
			"nf_conntrack",
			"ip_set",
			"xt_set",
		]);
	}
	const nftables = tree("worker", ", proxyMode: nftables").text("/etc/modules-load.d/rollcall.conf");
	t.regex(nftables, /^nf_tables$/m);
	t.notRegex(nftables, /^ip_set$/m);
});

test("a machine is ready without its pod network, which comes when the API answers", (t) => {
	for (const role of ["control-plane", "worker"] as const) {
		const { probes } = tree(role).content;
		t.deepEqual(probes, nodeTree(role, "1.36", ", podNetwork: flannel").content.probes);
		t.false(probes.some(({ component }) => /calico|cni/.test(component)));
	}
});

test("Calico deals out addresses by itself: the controller manager gives nodes none, and kube-proxy waits for none", (t) => {
	t.is(tree("control-plane").arguments("kube-controller-manager")["allocate-node-cidrs"], "false");
	t.is(tree("worker").yaml("/etc/kubernetes/kube-proxy/config.yaml").detectLocalMode, "ClusterCIDR");
});

test("a machine's RAM is counted with Calico's images and processes, and a refusal names them", (t) => {
	const budget = (role: string, podNetwork: "flannel" | "calico", mebibytes: number) =>
		ramBudget(
			role,
			{ totalBytes: mebibytes * 2 ** 20 },
			{
				stackedEtcd: true,
				nfsVolumes: false,
				podNetwork,
				fileBytes: 0,
				artifactBytes: 0,
			},
		);
	const more = budget("worker", "calico", 4096).neededBytes - budget("worker", "flannel", 4096).neededBytes;
	t.is(more / 2 ** 20, 1000);
	t.true(budget("worker", "calico", 3900).fits);
	t.true(budget("control-plane", "calico", 8000).fits);
	const small = budget("control-plane", "calico", 3900);
	t.false(small.fits);
	t.regex(
		explainBudget("control-plane", small),
		/images of Calico 700 MiB, plugins of Calico below \/opt\/cni\/bin 150 MiB/,
	);
	t.is(budget("etcd", "calico", 4096).neededBytes, budget("etcd", "flannel", 4096).neededBytes);
});

test("a node address is never one of Calico's own interfaces", (t) => {
	const [nic] = labFacts(0).nics;
	if (!nic) return t.fail();
	for (const name of ["cali0123456789a", "vxlan.calico", "vxlan-v6.calico"]) {
		const facts = labFacts(0, { nics: [{ ...nic, name, addresses: ["192.168.1.99/32"] }, nic] });
		t.like(chooseNodeAddress(facts, { cidr: "192.168.1.0/24" }, 32), { address: "192.168.1.10" });
	}
});

test("more nodes than Calico bears without Typha are a warning", (t) => {
	const warnings = (kubernetes: string, more = SLOTS) => {
		const parsed = parseDocument(text(kubernetes, more));
		if (!parsed.ok) return JSON.stringify(parsed.problem);
		return parsed.warnings.filter((one) => one.includes("podNetwork")).join();
	};
	t.is(warnings(""), "");
	const slots = (count: number) =>
		`slots: [{ name: control, role: control-plane, count: 1 }, { name: workers, role: worker, count: ${count} }]`;
	t.is(warnings("", slots(49)), "");
	t.regex(warnings("", slots(50)), /kubernetes\.podNetwork.*without Typha, which is good for 50 nodes; these are 51/);
	t.is(warnings(", proxyMode: none"), "");
});
