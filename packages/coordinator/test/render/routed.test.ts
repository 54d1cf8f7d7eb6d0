import type { ClusterDocument, Facts, TargetContent } from "@rollcall/protocol";
import test from "ava";
import { mustRegisterAnew, nodeChange } from "../../src/render/node-object.ts";
import { renderTarget } from "../../src/render/render-target.ts";
import type { NodeSeen } from "../../src/render/seen-node.ts";
import { documentOf, fleetOf, labFacts } from "./fleet-of.ts";

const text = (more = "", networks = "") => `apiVersion: rollcall/v1
kind: Cluster
name: lab
kubernetes: { version: "1.36", podNetwork: routed${more} }
networks: { pods: 10.9.0.0/16, services: 10.8.0.0/16${networks} }
slots:
  - { name: control, role: control-plane, count: 1 }
  - { name: workers, role: worker, count: rest }
`;
const SECOND = ', second: { pods: "fd00::/48", services: "fd01::/108" }';

function target(document: ClusterDocument, index: number, facts: Partial<Facts> = {}) {
	const { fleet, seated } = fleetOf(document, [labFacts(0, facts), labFacts(1, facts)]);
	const place = seated[index];
	if (!place) throw new Error("nobody has that seat");
	return { rendered: renderTarget(fleet, place.machine, place.seat), fleet, ...place };
}

function contentOf(rendered: ReturnType<typeof renderTarget>): TargetContent {
	if (!rendered.ok) throw new Error(rendered.reason);
	return rendered.content;
}

const fileOf = ({ files }: TargetContent, end: string): string =>
	files.find(({ path }) => path.endsWith(end))?.content ?? "";

test("a routed node has a CNI configuration for its own share, and no pod and no image of a pod network", (t) => {
	const content = contentOf(target(documentOf(text()), 1).rendered);
	const { plugins } = JSON.parse(fileOf(content, "00-rollcall.conflist"));
	t.deepEqual(
		plugins.map(({ type }: { type: string }) => type),
		["bridge", "portmap"],
	);
	t.deepEqual(plugins[0].ipam.ranges, [[{ subnet: "10.9.1.0/24" }]]);
	t.is(plugins[0].bridge, content.podNetwork?.bridge);
	t.false(JSON.stringify(content).includes("flannel"));
	t.regex(fileOf(content, "kube-proxy/config.yaml"), /detectLocalMode: BridgeInterface/);
	t.regex(fileOf(content, "kube-proxy/config.yaml"), /bridgeInterface: cni0/);
	t.deepEqual(content.podNetwork?.own, ["10.9.1.0/24"]);
	t.deepEqual(content.podNetwork?.pods, ["10.9.0.0/16"]);
	t.deepEqual(content.podNetwork?.addresses, ["192.168.1.11/24"]);
});

test("with two IP versions a node has a share and an address of each", (t) => {
	const nics = [{ name: "eth0", up: true, addresses: ["192.168.1.11/24", "2001:db8::b/64"] }];
	const content = contentOf(target(documentOf(text("", SECOND)), 0, { nics }).rendered);
	t.deepEqual(content.podNetwork?.own, ["10.9.0.0/24", "fd00::/64"]);
	t.deepEqual(content.podNetwork?.addresses, ["192.168.1.11/24", "2001:db8::b/64"]);
	const { plugins } = JSON.parse(fileOf(content, "00-rollcall.conflist"));
	t.deepEqual(plugins[0].ipam.ranges, [[{ subnet: "10.9.0.0/24" }], [{ subnet: "fd00::/64" }]]);
});

test("kube-controller-manager deals out nothing where the coordinator does", (t) => {
	const content = contentOf(target(documentOf(text()), 0).rendered);
	t.regex(fileOf(content, "kube-controller-manager.yaml"), /--allocate-node-cidrs=false/);
});

test("a machine that lacks what routes need, or has an interface with no plain name, is refused by that name", (t) => {
	const named = (names: readonly string[]) => names.map((name) => ({ name, path: `/usr/bin/${name}` }));
	const plugins = ["loopback", "bridge", "host-local", "portmap"].map((name) => ({
		name,
		path: `/opt/cni/bin/${name}`,
	}));
	const programs = [...named(["containerd", "runc", "kubelet"]), ...plugins];
	const bare = target(documentOf(text()), 1, { programs }).rendered;
	t.regex(bare.ok ? "" : bare.reason, /lacks ip, iptables, which/);
	const whole = target(documentOf(text()), 1, { programs: [...programs, ...named(["ip", "nft"])] }).rendered;
	t.true(whole.ok, whole.ok ? "" : whole.reason);
	// The plugin of that name is another program; older agents do not tell.
	const half = { programs: [...programs, ...named(["ip", "nft"])], bridgeTool: false };
	const without = target(documentOf(text()), 1, half).rendered;
	t.regex(without.ok ? "" : without.reason, /lacks bridge \(of iproute2\), which/);
	t.true(target(documentOf(text()), 1, { ...half, bridgeTool: true }).rendered.ok);
	t.true(target(documentOf(text().replace("routed", "flannel")), 1, half).rendered.ok);
	const nics = [{ name: "a b", up: true, addresses: ["192.168.1.11/24"] }];
	const odd = target(documentOf(text()), 1, { nics, defaultRoute: { nic: "a b", gateway: "192.168.1.1" } }).rendered;
	t.regex(odd.ok ? "" : odd.reason, /"a b" of its node address has no plain name/);
});

test("a Node is told its share once, and one of a boot that is over with another share registers anew", (t) => {
	const document = documentOf(text());
	const { machine, seat } = target(document, 1);
	const seen = (podNetworks: string[], bootId: string = machine.bootId): NodeSeen => ({
		name: seat.nodeName,
		bootId,
		labels: {},
		taints: [],
		podNetworks,
		version: "1",
		state: { ready: true, reason: "", version: "", pressure: [] },
	});
	t.deepEqual(nodeChange(document, { machine, seat }, seen([]))?.podNetworks, ["10.9.1.0/24"]);
	t.is(nodeChange(document, { machine, seat }, seen(["10.9.1.0/24"]))?.podNetworks, undefined);
	t.is(nodeChange(document, { machine, seat }, seen(["10.9.7.0/24"]))?.podNetworks, undefined);
	const over = "00000000-0000-4000-8000-00000000dead";
	t.true(mustRegisterAnew(document, machine, seen(["10.9.7.0/24"], over)));
	t.false(mustRegisterAnew(document, machine, seen(["10.9.1.0/24"], over)));
	t.false(mustRegisterAnew(document, machine, seen(["10.9.7.0/24"])));
});
