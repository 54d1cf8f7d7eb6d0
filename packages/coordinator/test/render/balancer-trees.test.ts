import type { TargetContent } from "@rollcall/protocol";
import fc from "@rollcall/test-support/properties";
import test from "ava";
import type { Fleet } from "../../src/domain/fleet.ts";
import { membersOf } from "../../src/domain/networks/members.ts";
import { record } from "../../src/domain/record.ts";
import { fileChanges, restarts } from "../../src/domain/views/file-changes.ts";
import { renderTarget } from "../../src/render/render-target.ts";
import { NODE_TREES } from "./cis/rule.ts";
import { documentOf, example, fleetOf, labFacts, type Seated } from "./fleet-of.ts";
import { readTree } from "./node-tree.ts";

const CONFIG = "/etc/kubernetes/balancer/haproxy.cfg";
const lab = (count: number) => Array.from({ length: count }, (_, index) => labFacts(index));
const slots = (text: string) =>
	documentOf(`apiVersion: rollcall/v1\nkind: Cluster\nname: lab\nkubernetes: { version: "1.36" }\nslots:\n${text}`);
const ETCD = "  - { name: etcd, role: etcd, count: 3 }\n";
const CONTROL = "  - { name: control, role: control-plane, count: 5 }\n";
const WORKERS = "  - { name: workers, role: worker, count: 1 }\n";

function contentAt(fleet: Fleet, place: Seated | undefined): TargetContent {
	if (!place) throw new Error("there is no such seat");
	const rendered = renderTarget(fleet, place.machine, place.seat);
	if (!rendered.ok) throw new Error(rendered.reason);
	return rendered.content;
}

/** What becomes another one on a machine: paths of files, and units that start anew. */
function changeFrom(before: TargetContent, after: TargetContent): { paths: string[]; restarts: string[] } {
	const changes = fileChanges(before, after);
	return { paths: changes.map(({ path }) => path), restarts: restarts(before, after, changes) };
}

test("everything on a node of the cluster reaches the API through the balancer, but controller manager and scheduler", (t) => {
	const servers = (role: keyof typeof NODE_TREES): Record<string, unknown> =>
		Object.fromEntries(
			NODE_TREES[role].content.files.flatMap(({ path }) => {
				if (!/^\/etc\/kubernetes\/[^/]+\.conf$/.test(path) || path.endsWith("resolv.conf")) return [];
				const { clusters } = NODE_TREES[role].yaml(path) as { clusters: { cluster: { server: string } }[] };
				return [[path, clusters.map(({ cluster }) => cluster.server).join()]];
			}),
		);
	const node = {
		"/etc/kubernetes/kube-proxy.conf": "https://127.0.0.1:7443",
		"/etc/kubernetes/kubelet.conf": "https://127.0.0.1:7443",
	};
	t.deepEqual(servers("worker"), node);
	t.deepEqual(servers("control-plane"), {
		...node,
		"/etc/kubernetes/admin.conf": "https://127.0.0.1:7443",
		"/etc/kubernetes/super-admin.conf": "https://127.0.0.1:7443",
		// They must not be newer than the API server that they speak to.
		"/etc/kubernetes/controller-manager.conf": "https://192.168.1.10:6443",
		"/etc/kubernetes/scheduler.conf": "https://192.168.1.10:6443",
	});
	t.deepEqual(servers("etcd"), {});
});

test("a node's balancer is there and is probed where the API is used; a machine with etcd alone has none", (t) => {
	const balancers = Object.entries(NODE_TREES).map(([role, { pods, content }]) => [
		role,
		pods.some(({ pod }) => pod.metadata.name === "api-balancer"),
		content.probes.some((probe) => probe.component === "api-balancer" && "port" in probe && probe.port === 7444),
		content.files.some(({ path }) => path === CONFIG),
	]);
	t.deepEqual(balancers, [
		["control-plane", true, true, true],
		["worker", true, true, true],
		["etcd", false, false, false],
	]);
});

test("the API server's certificate holds for the address at which the balancer is reached", (t) => {
	const certificate = NODE_TREES["control-plane"].content.certificates?.find(({ name }) => name === "apiserver");
	t.true(certificate?.subject.addresses.includes("127.0.0.1"));
});

test("property: a control plane's balancer prefers its own API server, first in the list, and has all others in reserve; a worker's has all alike", (t) => {
	fc.assert(
		fc.property(fc.integer({ min: 1, max: 5 }), fc.nat(4), (count, index) => {
			const { fleet, seated } = fleetOf(slots(ETCD + CONTROL.replace("5", String(count)) + WORKERS), lab(count + 4));
			const lines = (place: Seated | undefined) =>
				readTree(contentAt(fleet, place))
					.text(CONFIG)
					.split("\n")
					.filter((line) => /^ {2}(?:server|option allbackups)/.test(line));
			const server = (at: number) => `  server node-${at} 192.168.1.${10 + at}:6443`;
			const controls = Array.from({ length: count }, (_, at) => at + 3);
			const own = 3 + (index % count);
			t.deepEqual(lines(seated[own]), [
				"  option allbackups",
				`${server(own)} on-marked-up shutdown-backup-sessions`,
				...controls.filter((at) => at !== own).map((at) => `${server(at)} backup`),
			]);
			t.deepEqual(lines(seated.at(-1)), controls.map(server));
		}),
		{ numRuns: 25 },
	);
});

test("another API server of an own etcd changes nothing on control planes and workers but the balancer's configuration, and restarts nothing", (t) => {
	const [one, two] = [1, 2].map((count) =>
		fleetOf(slots(ETCD + WORKERS + CONTROL.replace("5", String(count))), lab(4 + count)),
	);
	for (const index of [3, 4]) {
		const [before, after] = [one, two].map((it) => contentAt(it?.fleet as Fleet, it?.seated[index]));
		if (!before || !after) return t.fail();
		t.true(after.role === (index === 3 ? "worker" : "control-plane"));
		t.deepEqual(changeFrom(before, after), { paths: [CONFIG], restarts: [] });
		t.deepEqual(after.certificates, before.certificates);
		t.deepEqual(after.units, before.units);
	}
	// Another member of etcd is another thing: API servers have etcd's addresses as arguments.
	const four = fleetOf(slots(ETCD.replace("3", "4") + WORKERS + CONTROL.replace("5", "1")), lab(6));
	const [before, after] = [contentAt(one?.fleet as Fleet, one?.seated[4]), contentAt(four.fleet, four.seated[5])];
	const servers = (content: TargetContent) => readTree(content).arguments("kube-apiserver")["etcd-servers"]?.split(",");
	t.is(servers(before)?.length, 3);
	t.is(servers(after)?.length, 4);
});

test("a control plane that is replaced, or whose seat is empty, changes nothing on the others but the balancer's configuration", (t) => {
	const { fleet, seated } = fleetOf(example("ha"), lab(4));
	const members = seated.slice(0, 3).map(({ machine: { machineId, bootId }, seat: { nodeName } }) => {
		return { machineId, bootId, nodeName };
	});
	const cluster = membersOf(fleet, "control-plane").slice();
	const founded = record(fleet, [{ type: "etcd-founded", members, cluster }], 1).fleet;
	const [gone] = seated;
	if (!gone) return t.fail();
	const { machineId } = gone.machine;
	const empty = record(founded, [{ type: "machine-removed", machineId, by: "test", cause: 1 }], 1).fleet;
	const other = { ...gone.machine, facts: labFacts(9), seat: { ...gone.seat, nodeName: "node-9" } };
	const replaced: Fleet = { ...founded, machines: founded.machines.set(machineId, other) };
	for (const changed of [empty, replaced]) {
		for (const place of seated.slice(1)) {
			const [before, after] = [contentAt(founded, place), contentAt(changed, place)];
			t.deepEqual(changeFrom(before, after), { paths: [CONFIG], restarts: [] });
			t.deepEqual(after.certificates, before.certificates);
		}
	}
	const servers = readTree(contentAt(replaced, seated[1]))
		.text(CONFIG)
		.match(/^ {2}server \S+/gm);
	t.deepEqual(servers, ["  server node-1", "  server node-9", "  server node-2"]);
});
