import test from "ava";
import { membersOf } from "../../src/domain/networks/members.ts";
import { record } from "../../src/domain/record.ts";
import { renderTarget } from "../../src/render/render-target.ts";
import { documentOf, example, fleetOf, labFacts } from "../render/fleet-of.ts";
import { readTree } from "../render/node-tree.ts";

const lab = (count: number) => Array.from({ length: count }, (_, index) => labFacts(index));

function treeAt(fleetAndSeats: ReturnType<typeof fleetOf>, index: number) {
	const place = fleetAndSeats.seated[index];
	if (!place) throw new Error(`no seat ${index}`);
	const rendered = renderTarget(fleetAndSeats.fleet, place.machine, place.seat);
	if (!rendered.ok) throw new Error(rendered.reason);
	return readTree(rendered.content);
}

function foundedBy({ fleet, seated }: ReturnType<typeof fleetOf>) {
	const members = seated.map(({ machine: { machineId, bootId }, seat: { nodeName } }) => ({
		machineId,
		bootId,
		nodeName,
	}));
	return { type: "etcd-founded" as const, members, cluster: membersOf(fleet, "control-plane").slice() };
}

test("etcd waits until all of its machines are here, and then all get the same list of members", (t) => {
	const two = fleetOf(example("ha"), lab(2));
	for (const { machine, seat } of two.seated) {
		t.deepEqual(renderTarget(two.fleet, machine, seat), {
			ok: false,
			reason: "etcd begins when all its machines are here: 2 of 3 seats are filled",
			kind: "etcd-waits",
		});
	}
	const four = fleetOf(example("ha"), lab(4));
	const lists = [0, 1, 2].map((index) => treeAt(four, index).arguments("etcd")["initial-cluster"]);
	t.is(lists[0], "node-0=https://192.168.1.10:2380,node-1=https://192.168.1.11:2380,node-2=https://192.168.1.12:2380");
	t.is(new Set(lists).size, 1);
});

test("etcd does not begin where two of its machines have one address, as one that is gone and the one in its place", (t) => {
	const same = fleetOf(example("ha"), [labFacts(0), { ...labFacts(1), nics: labFacts(0).nics }, labFacts(2)]);
	for (const { machine, seat } of same.seated) {
		const rendered = renderTarget(same.fleet, machine, seat);
		t.regex(rendered.ok ? "" : rendered.reason, /node-0, node-1 have the same address, 192\.168\.1\.10/);
	}
	const founded = record(same.fleet, [foundedBy(same)], 1).fleet;
	const [place] = same.seated;
	t.true(place && renderTarget(founded, place.machine, place.seat).ok, "what runs goes on");
});

test("while a seat is empty, the members of a running etcd keep their targets, and so their certificates", (t) => {
	const full = fleetOf(example("ha"), lab(3));
	const founded = record(full.fleet, [foundedBy(full)], 1).fleet;
	const [gone] = full.seated;
	if (!gone) return t.fail("no seat");
	const { machineId } = gone.machine;
	const without = record(founded, [{ type: "machine-removed", machineId, by: "test", cause: 1 }], 1).fleet;
	for (const { machine, seat } of full.seated.slice(1)) {
		const rendered = renderTarget(without, machine, seat);
		if (!rendered.ok) return t.fail(rendered.reason);
		const before = renderTarget(founded, machine, seat);
		t.deepEqual(rendered.content.certificates, before.ok ? before.content.certificates : []);
		t.is(
			readTree(rendered.content).arguments("etcd")["initial-cluster"],
			treeAt(full, 1).arguments("etcd")["initial-cluster"],
		);
	}
});

test("a member of etcd whose address changes within its boot keeps what it runs, and is told to take it back or to boot; another boot may have any", (t) => {
	const full = fleetOf(example("ha"), lab(3));
	const fleet = record(full.fleet, [foundedBy(full)], 1).fleet;
	const [place] = full.seated;
	if (!place) return t.fail("no seat");
	const nics = labFacts(0).nics.map((nic) => ({ ...nic, addresses: ["192.168.1.99/24"] }));
	const moved = { ...place.machine, facts: { ...place.machine.facts, nics } };
	const rendered = renderTarget(fleet, moved, place.seat);
	if (rendered.ok) return t.fail("it gets another target");
	t.regex(
		rendered.reason,
		/its address was 192\.168\.1\.10 .* is 192\.168\.1\.99 now; give it that address again, or boot it anew/,
	);
	t.true(renderTarget(fleet, place.machine, place.seat).ok);
	// Before etcd was founded nobody knows it by an address.
	t.true(renderTarget(full.fleet, moved, place.seat).ok);
});

test("a boot that etcd took out is told to boot anew", (t) => {
	const full = fleetOf(example("ha"), lab(3));
	const [first] = full.seated;
	if (!first) return t.fail("no seat");
	const { machine, seat } = first;
	const { machineId, bootId } = machine;
	const removed = { type: "etcd-member-removed" as const, machineId, bootId, nodeName: seat.nodeName };
	const { fleet } = record(full.fleet, [foundedBy(full), removed], 1);
	const rendered = renderTarget(fleet, machine, seat);
	t.regex(rendered.ok ? "" : rendered.reason, /took this boot of the machine out, .*; boot it anew/);
});

test("a worker's balancer knows all control planes, and another one is another first line of its configuration", (t) => {
	const backends = (machines: number) => {
		const tree = treeAt(fleetOf(example("three-nodes"), lab(machines)), 1);
		return tree.text("/etc/kubernetes/balancer/haproxy.cfg").match(/^ {2}server .*$/gm);
	};
	t.deepEqual(backends(2), ["  server node-0 192.168.1.10:6443"]);
	const ha = treeAt(fleetOf(example("ha"), lab(4)), 3);
	t.is(ha.text("/etc/kubernetes/balancer/haproxy.cfg").match(/^ {2}server /gm)?.length, 3);
	const first = (tree: typeof ha) => tree.text("/etc/kubernetes/balancer/haproxy.cfg").split("\n")[0];
	t.regex(first(ha) ?? "", /^# sha256:[0-9a-f]{64}$/);
	t.not(first(ha), first(treeAt(fleetOf(example("three-nodes"), lab(2)), 1)));
});

test("a change of the control plane touches neither a worker's kubelet nor any of its pods", (t) => {
	const document = documentOf(`apiVersion: rollcall/v1
kind: Cluster
name: lab
kubernetes: { version: "1.36" }
slots:
  - { name: workers, role: worker, count: 1 }
  - { name: control, role: control-plane, count: 1 }
`);
	const [before, after] = [treeAt(fleetOf(document, lab(1)), 0), treeAt(fleetOf(document, lab(2)), 0)];
	const touching = before.content.units.flatMap((unit) => [`/run/systemd/system/${unit.name}`, ...unit.restartOn]);
	const changed = after.content.files.filter(
		({ path, content }) => before.content.files.find((file) => file.path === path)?.content !== content,
	);
	t.deepEqual(
		changed.map(({ path }) => path),
		["/etc/kubernetes/balancer/haproxy.cfg"],
	);
	t.deepEqual(
		changed.filter(({ path }) => touching.includes(path) && /kubelet\.service$|^\/var\/lib\/kubelet/.test(path)),
		[],
	);
});

test("with machines of its own, etcd is where the API servers look for it, and nowhere else", (t) => {
	const document = documentOf(`apiVersion: rollcall/v1
kind: Cluster
name: lab
kubernetes: { version: "1.36" }
slots:
  - { name: etcd, role: etcd, count: 1 }
  - { name: control, role: control-plane, count: 1 }
`);
	const both = fleetOf(document, lab(2));
	t.deepEqual(
		treeAt(both, 0).pods.map(({ pod }) => pod.metadata.name),
		["etcd"],
	);
	const control = treeAt(both, 1);
	t.is(control.arguments("kube-apiserver")["etcd-servers"], "https://192.168.1.10:2379");
	t.false(control.pods.some(({ pod }) => pod.metadata.name === "etcd"));
});
