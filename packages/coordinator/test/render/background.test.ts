import type { Facts } from "@rollcall/protocol";
import test from "ava";
import { renderTarget } from "../../src/render/render-target.ts";
import { NODE_TREES } from "./cis/rule.ts";
import { documentOf, fleetOf, labFacts } from "./fleet-of.ts";
import { readTree } from "./node-tree.ts";

const MI = 2 ** 20;

const document = (
	more = "",
	slots = "  - { name: workers, role: worker, count: 1 }",
): string => `apiVersion: rollcall/v1
kind: Cluster
name: lab
kubernetes: { version: "1.36"${more.startsWith(",") ? more : ""} }
${more.startsWith(",") ? "" : more}
slots:
${slots}
`;

function render(text: string, changed: Partial<Facts>) {
	const { fleet, seated } = fleetOf(documentOf(text), [labFacts(0, changed)]);
	const [place] = seated;
	if (!place) throw new Error("no seat");
	return renderTarget(fleet, place.machine, place.seat);
}

function reasonOf(text: string, changed: Partial<Facts>): string {
	const rendered = render(text, changed);
	return rendered.ok ? "it was rendered" : rendered.reason;
}

function treeOf(text: string, changed: Partial<Facts>) {
	const rendered = render(text, changed);
	if (!rendered.ok) throw new Error(rendered.reason);
	return readTree(rendered.content);
}

const memory = (mebibytes: number) => ({ memory: { totalBytes: mebibytes * MI, availableBytes: mebibytes * MI } });
const NAT: Partial<Facts> = {
	nics: [
		{ name: "enp0s3", mac: labFacts(0).nics[0]?.mac as never, up: true, addresses: ["10.0.3.15/24", "fe80::1/64"] },
		{ name: "enp0s8", mac: labFacts(1).nics[0]?.mac as never, up: true, addresses: ["192.168.56.10/24"] },
	],
	defaultRoute: { nic: "enp0s3", gateway: "10.0.3.2" },
	routes: [{ destination: "10.0.3.0/24", nic: "enp0s3" }],
};

test("1: the node address is the one that the rule names, not that of the NAT interface", (t) => {
	const cidr = treeOf(document("networks: { nodeAddress: { cidr: 192.168.56.0/24 } }"), NAT);
	t.is(cidr.kubeletFlags["node-ip"], "192.168.56.10");
	t.is(cidr.content.podNetwork?.nic, "enp0s8");
	t.is(
		treeOf(document("networks: { nodeAddress: { interface: enp0s8 } }"), NAT).kubeletFlags["node-ip"],
		"192.168.56.10",
	);
	t.is(treeOf(document(), NAT).kubeletFlags["node-ip"], "10.0.3.15");
});

test("1: a rule that fits no address is refused with the rule and all addresses", (t) => {
	const reason = reasonOf(document("networks: { nodeAddress: { cidr: 172.16.0.0/12 } }"), NAT);
	t.is(
		reason,
		"no address fits networks.nodeAddress (cidr 172.16.0.0/12); the machine has: 10.0.3.15 on enp0s3, 192.168.56.10 on enp0s8",
	);
	t.regex(
		reasonOf(document("networks: { nodeAddress: { interface: eth7 } }"), NAT),
		/interface eth7.*192\.168\.56\.10/,
	);
	t.regex(reasonOf(document(), { defaultRoute: undefined as never }), /the default route, of which there is none/);
});

test("2: a machine whose RAM does not hold the role is refused with the numbers", (t) => {
	const control = "  - { name: control, role: control-plane, count: 1 }";
	t.regex(
		reasonOf(document(), memory(1024)),
		/^the role worker needs \d+ MiB of RAM, the machine has 1024 MiB \(operating system and agent 450 MiB, /,
	);
	t.regex(
		reasonOf(document("", control), memory(2048)),
		/^the role control-plane needs \d+ MiB of RAM, the machine has 2048 MiB .*etcd's data quota/,
	);
	t.true(render(document(), memory(3900)).ok);
	t.true(render(document("", control), memory(3900)).ok);
});

test("2: etcd's quota grows with the RAM, up to its own default", (t) => {
	const control = "  - { name: control, role: control-plane, count: 1 }";
	const quota = (mebibytes: number) =>
		Number(treeOf(document("", control), memory(mebibytes)).arguments("etcd")["quota-backend-bytes"]) / MI;
	t.deepEqual([quota(3900), quota(8192), quota(65_536)], [487, 1024, 2048]);
});

test("3: a fourth DNS server is left out, and named", (t) => {
	const dns = {
		servers: ["192.168.1.1", "127.0.0.53", "192.168.1.2", "10.0.3.3", "8.8.8.8", "192.168.1.1"],
		search: ["lab.example", "bad domain"],
	};
	t.is(
		treeOf(document(), { dns }).text("/etc/kubernetes/resolv.conf"),
		[
			"# left out: 127.0.0.53: a loopback address is another one inside a pod",
			"# left out: 8.8.8.8: a resolver reads at most 3",
			"nameserver 192.168.1.1",
			"nameserver 192.168.1.2",
			"nameserver 10.0.3.3",
			"search lab.example",
			"",
		].join("\n"),
	);
});

test("3: a DNS server that means the pod itself is left out in every form of its address", (t) => {
	const itself = [
		"127.0.0.53",
		"::1",
		"0:0:0:0:0:0:0:1",
		"::ffff:127.0.0.53",
		"::ffff:7f00:1",
		"0.0.0.0",
		"::",
		"::ffff:0.0.0.0",
	];
	const dns = { servers: [...itself, "::ffff:192.168.1.1"], search: [] };
	const text = treeOf(document(), { dns }).text("/etc/kubernetes/resolv.conf") ?? "";
	t.deepEqual(text.match(/^nameserver .*$/gm), ["nameserver ::ffff:192.168.1.1"]);
	t.is(text.match(/^# left out: /gm)?.length, itself.length);
});

test("3: a machine whose only DNS servers no pod can reach is refused, by their names", (t) => {
	for (const server of ["127.0.0.53", "127.0.0.1", "::1", "fe80::1%eth0", "fe80::1", "0.0.0.0"]) {
		const facts = { dns: { servers: [server], search: [] } };
		const refused = render(document(), facts);
		t.false(refused.ok, server);
		t.regex(refused.ok ? "" : refused.reason, new RegExp(`no DNS server \\(${server}: .*declare networks.dnsServers`));
		t.true(render(document("networks: { dnsServers: [] }"), facts).ok);
		t.true(render(document("networks: { dnsServers: [192.168.1.9] }"), facts).ok);
	}
	t.true(render(document(), { dns: { servers: [], search: [] } }).ok);
});

test("3: declared DNS servers take the place of the machine's own", (t) => {
	const text = treeOf(document("networks: { dnsServers: [192.168.1.9] }"), {}).text("/etc/kubernetes/resolv.conf");
	t.is(text, "nameserver 192.168.1.9\nsearch lab.example\n");
});

for (const [version, driver, systemd] of [
	[2, "systemd", "true"],
	[1, "cgroupfs", "false"],
] as const) {
	test(`4: kubelet and containerd use the same driver on cgroup version ${version}`, (t) => {
		const tree = treeOf(document(), { cgroupVersion: version });
		t.is(tree.yaml("/var/lib/kubelet/config.yaml").cgroupDriver, driver);
		t.true(tree.text("/etc/containerd/config.toml").includes(`SystemdCgroup = ${systemd}`));
	});
}

test("8: a kubelet that the operating system does not bring is run from /opt", (t) => {
	const artifact = `{ path: /opt/rollcall/bin/kubelet, mode: "0755", sha256: "sha256:${"0".repeat(64)}", sizeBytes: 1, urls: ["http://a/b"] }`;
	const tree = treeOf(document(`, artifacts: [${artifact}]`), {});
	t.regex(tree.text("/run/systemd/system/kubelet.service"), /^ExecStart=\/opt\/rollcall\/bin\/kubelet /m);
	t.is(tree.content.artifacts[0]?.path, "/opt/rollcall/bin/kubelet");
	t.true([...tree.content.files, ...tree.content.artifacts].every(({ path }) => !path.startsWith("/usr/")));
});

test("10: a pod network that the machine reaches by itself is refused", (t) => {
	const routes = [{ destination: "10.254.0.0/20", nic: "eth0" }];
	t.is(
		reasonOf(document(), { routes }),
		"networks.pods 10.254.0.0/16 overlaps the machine's route 10.254.0.0/20 on eth0; choose another network",
	);
	const nics = labFacts(0).nics.map((nic) => ({ ...nic, addresses: [...nic.addresses, "10.253.9.9/24"] }));
	t.regex(
		reasonOf(document(), { nics }),
		/^networks\.services 10\.253\.0\.0\/16 overlaps the machine's address 10\.253\.9\.9\/24 on eth0/,
	);
});

test("10: what the pod network itself brought to a machine is no overlap", (t) => {
	const nics = [
		...labFacts(0).nics,
		{
			...labFacts(1).nics[0],
			name: "cni0",
			up: true,
			addresses: ["10.254.3.1/24"],
			mac: labFacts(1).nics[0]?.mac as never,
		},
	];
	const routes = [
		{ destination: "10.254.4.0/24", nic: "flannel.1" },
		{ destination: "0.0.0.0/0", nic: "eth0" },
	];
	const tree = treeOf(document(), { nics, routes });
	t.is(tree.kubeletFlags["node-ip"], "192.168.1.10");
});

test("16: the modules that the choices need are loaded before kube-proxy runs", (t) => {
	const modules = (more: string) =>
		treeOf(document(more), {}).text("/etc/modules-load.d/rollcall.conf").trim().split("\n");
	t.deepEqual(modules(", proxyMode: ipvs"), [
		"overlay",
		"br_netfilter",
		"vxlan",
		"ip_vs",
		"ip_vs_rr",
		"ip_vs_wrr",
		"ip_vs_sh",
		"nf_conntrack",
	]);
	t.deepEqual(modules(", proxyMode: none, podNetwork: none"), ["overlay", "br_netfilter"]);
	const units = treeOf(document(), {}).content.units.map(({ name }) => name);
	t.deepEqual(units, [
		"systemd-modules-load.service",
		"systemd-sysctl.service",
		"rollcall-login.service",
		"rollcall-containerd-data.service",
		"containerd.service",
		"rollcall-packet-filter.service",
		"rollcall-pod-namespaces.service",
		"rollcall-pod-volumes.service",
		"kubepods.slice",
		"kubelet.service",
	]);
});

test("17: volumes come from a file server, mounted from within pods: a node needs the kernel's NFS client, loaded and in the RAM budget", (t) => {
	const nfs = "volumes: { nfs: { server: 192.168.1.2, path: /export/volumes } }";
	const modules = (text: string) => treeOf(text, {}).text("/etc/modules-load.d/rollcall.conf").trim().split("\n");
	t.deepEqual(modules(document(nfs)).slice(-2), ["nfs", "nfsv4"]);
	t.false(modules(document()).includes("nfs"));
	const share = /images and processes of the NFS volume driver 300 MiB/;
	t.regex(reasonOf(document(nfs), memory(1850)), share);
	t.true(render(document(), memory(1850)).ok);
	const control = "  - { name: control, role: control-plane, count: 1 }";
	t.regex(reasonOf(document(nfs, control), memory(2048)), /NFS volume driver .*volume provisioner 150 MiB/);
	t.true(render(document(nfs, control), memory(3900)).ok);
	const etcd = "  - { name: etcd, role: etcd, count: 1 }";
	t.notRegex(reasonOf(document(nfs, etcd), memory(900)), share);
});

test("11: a role that nobody declared is rendered for nobody", (t) => {
	const { fleet, seated } = fleetOf(documentOf(document()), [labFacts(0)]);
	const [place] = seated;
	if (!place) return t.fail();
	t.deepEqual(renderTarget(fleet, place.machine, { ...place.seat, role: "vault" }), {
		ok: false,
		reason: "the role vault is neither built in nor defined under roles",
		kind: "unfit",
	});
	t.deepEqual(renderTarget(fleet, place.machine, { ...place.seat, role: "worker", slot: "vaults" }), {
		ok: false,
		reason: "the cluster has no slot vaults",
		kind: "unfit",
	});
});

test("13: images come through the mirrors that are declared", (t) => {
	const mirrors =
		'images: { mirrors: [{ registry: registry.k8s.io, endpoints: ["http://192.168.1.2:5000"] }, { registry: "_default", endpoints: ["http://192.168.1.3"], fallback: false }] }';
	const tree = treeOf(document(mirrors), {});
	t.regex(
		tree.text("/etc/containerd/certs.d/registry.k8s.io/hosts.toml"),
		/^server = "https:\/\/registry\.k8s\.io"\n\n\[host\."http:\/\/192\.168\.1\.2:5000"\]/,
	);
	t.regex(tree.text("/etc/containerd/certs.d/_default/hosts.toml"), /^server = "http:\/\/192\.168\.1\.3"/);
});

test("6: nothing on a node has to do with SSH", (t) => {
	for (const tree of Object.values(NODE_TREES)) {
		t.deepEqual(
			tree.content.files.filter(({ path, content }) => /ssh/i.test(path + content)).map(({ path }) => path),
			[],
		);
		t.false(tree.content.units.some(({ name }) => /ssh/.test(name)));
	}
});

test("14: tokens of service accounts are signed and checked with a key that the target brings", (t) => {
	const tree = NODE_TREES["control-plane"];
	const signing = tree.arguments("kube-apiserver")["service-account-signing-key-file"];
	t.is(signing, tree.arguments("kube-controller-manager")["service-account-private-key-file"]);
	const brought = [
		...(tree.content.secrets ?? []).map(({ path }) => path),
		...(tree.content.certificates ?? []).flatMap(({ certificate, key }) => [certificate, key]),
		...tree.content.files.map(({ path }) => path),
	];
	t.true(brought.includes(signing ?? "none"));
	t.true(brought.includes(tree.arguments("kube-apiserver")["service-account-key-file"] ?? "none"));
});

test("15: kubelet is configured by its file; its flags are the few that no file can hold", (t) => {
	const allowed = ["config", "kubeconfig", "hostname-override", "node-ip", "node-labels"];
	for (const { kubeletFlags } of Object.values(NODE_TREES))
		t.deepEqual(
			Object.keys(kubeletFlags).filter((flag) => !allowed.includes(flag)),
			[],
		);
});
