import { readFileSync } from "node:fs";
import { Facts, Mac, TargetContent } from "@rollcall/protocol";
import test from "ava";
import { type OfflineTree, renderOffline } from "../../src/render/offline-tree.ts";
import { example, labFacts } from "./fleet-of.ts";

const file = new URL("../../../../deploy/examples/facts.json", import.meta.url);
const facts = Facts.parse(JSON.parse(readFileSync(file, "utf8")));

function render(name: string, role: string, more: Partial<Parameters<typeof renderOffline>[0]> = {}): OfflineTree {
	return renderOffline({ document: example(name), role, machine: { facts, labels: {} }, others: [], ...more });
}

const membersIn = (tree: OfflineTree): string | undefined =>
	tree.ok
		? tree.content.files
				.find(({ path }) => path.endsWith("/etcd.yaml"))
				?.content.match(/--initial-cluster=(\S+?)"?$/m)?.[1]
		: tree.reason;

for (const [name, role, standIns] of [
	["three-nodes", "control-plane", 0],
	["three-nodes", "worker", 1],
	["ha", "control-plane", 2],
	["ha", "worker", 3],
] as const) {
	test(`deploy/examples/${name}.yaml gives the example machine the role ${role} without a coordinator`, (t) => {
		const tree = render(name, role);
		if (!tree.ok) return t.fail(tree.reason);
		t.deepEqual(TargetContent.parse(tree.content), tree.content);
		t.is(tree.content.role, role);
		t.is(tree.standIns.length, standIns);
		t.deepEqual(render(name, role), tree);
	});
}

test("seats that nobody else fills are those of machines at the next addresses", (t) => {
	t.regex(
		membersIn(render("ha", "control-plane")) ?? "",
		/^control-plane-\w+=https:\/\/192\.168\.1\.11:2380,control-plane-\w+=https:\/\/192\.168\.1\.12:2380,control-plane-\w+=https:\/\/192\.168\.1\.13:2380$/,
	);
});

test("other machines that are named take the seats", (t) => {
	const declared = (number: number, mac: string): Facts => {
		const lab = labFacts(number);
		return { ...lab, nics: lab.nics.map((nic, index) => (index === 0 ? { ...nic, mac: Mac.parse(mac) } : nic)) };
	};
	const others = [declared(30, "52:54:00:00:00:12"), declared(31, "52:54:00:00:00:13")];
	const tree = render("ha", "control-plane", { others });
	if (!tree.ok) return t.fail(tree.reason);
	t.deepEqual(tree.standIns, []);
	const members = membersIn(tree) ?? "";
	for (const address of ["192.168.1.11", "192.168.1.40", "192.168.1.41"])
		t.true(members.includes(`${address}:2380`), members);
	t.true(members.includes("control-2=") && members.includes("control-3="), members);
});

test("what a coordinator would refuse is refused with the same reason", (t) => {
	const small = { ...facts, memory: { totalBytes: 2 ** 30, availableBytes: 2 ** 29 } };
	const refused = render("ha", "worker", { machine: { facts: small, labels: {} } });
	t.regex(refused.ok ? "" : refused.reason, /^the role worker needs \d+ MiB of RAM, the machine has 1024 MiB/);
	const unknown = render("ha", "kiosk");
	t.is(unknown.ok ? "" : unknown.reason, "no slot with the role kiosk has a seat for this machine");
	const twice = render("ha", "worker", { others: [facts] });
	t.regex(twice.ok ? "" : twice.reason, /is named twice/);
});
