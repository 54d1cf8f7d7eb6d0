import type { Facts } from "@rollcall/protocol";
import test from "ava";
import { coreAddOns } from "../../src/render/addons/core-add-ons.ts";
import { renderTarget } from "../../src/render/render-target.ts";
import { documentOf, fleetOf, labFacts } from "./fleet-of.ts";
import { readTree } from "./node-tree.ts";

const DOCUMENT = documentOf(`apiVersion: rollcall/v1
kind: Cluster
name: lab
kubernetes: { version: "1.36", podNetwork: flannel }
networks: { second: { pods: "fd00:10::/56", services: "fd00:20::/112" } }
slots:
  - { name: control, role: control-plane, count: 1 }
`);
const both = (address = "2001:db8:1::10/64"): Partial<Facts> => ({
	nics: labFacts(0).nics.map((nic) => ({ ...nic, addresses: [...nic.addresses, "fe80::1/64", address] })),
});

function render(changed: Partial<Facts>) {
	const { fleet, seated } = fleetOf(DOCUMENT, [labFacts(0, changed)]);
	const [place] = seated;
	if (!place) throw new Error("no seat");
	return renderTarget(fleet, place.machine, place.seat);
}

test("with two IP versions every component is told both, the first one first", (t) => {
	const rendered = render(both());
	if (!rendered.ok) return t.fail(rendered.reason);
	const tree = readTree(rendered.content);
	const services = "10.253.0.0/16,fd00:20::/112";
	const pods = "10.254.0.0/16,fd00:10::/56";
	t.is(tree.arguments("kube-apiserver")["service-cluster-ip-range"], services);
	t.is(tree.arguments("kube-controller-manager")["service-cluster-ip-range"], services);
	t.is(tree.arguments("kube-controller-manager")["cluster-cidr"], pods);
	t.is(tree.yaml("/etc/kubernetes/kube-proxy/config.yaml").clusterCIDR, pods);
	t.is(tree.kubeletFlags["node-ip"], "192.168.1.10,2001:db8:1::10");
	t.deepEqual(JSON.parse(tree.text("/etc/kubernetes/flannel/net-conf.json")), {
		Network: "10.254.0.0/16",
		EnableIPv6: true,
		IPv6Network: "fd00:10::/56",
		Backend: { Type: "vxlan" },
	});
	const { "public-ip": four, "public-ipv6": six } = tree.arguments("kube-flannel");
	t.deepEqual([four, six], ["192.168.1.10", "2001:db8:1::10"]);
	t.regex(tree.text("/etc/sysctl.d/90-rollcall.conf"), /^net\.ipv6\.conf\.all\.forwarding = 1$/m);
	const service = coreAddOns(DOCUMENT).find(({ kind }) => kind === "Service") as { spec?: { ipFamilyPolicy?: string } };
	t.is(service.spec?.ipFamilyPolicy, "PreferDualStack");
});

test("a machine without an address of the second IP version gets no role, and the reason names the interface", (t) => {
	const rendered = render({});
	t.is(rendered.ok ? "" : rendered.reason, "the machine has no IPv6 address on eth0, which networks.second needs");
});

test("the second networks must not be what the machine reaches by itself", (t) => {
	const rendered = render(both("fd00:10::99/64"));
	t.regex(rendered.ok ? "" : rendered.reason, /^networks\.second\.pods fd00:10::\/56 overlaps the machine's address/);
});
