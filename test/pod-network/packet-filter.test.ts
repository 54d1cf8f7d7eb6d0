import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { packetFilterUnit } from "@rollcall/coordinator/trials";
import { testNeeding } from "@rollcall/test-support/needing";
import { ownFolder } from "@rollcall/test-support/own-folder";
import { debianPackages, namespaces, ROOT } from "@rollcall/test-support/part";
import type { ExecutionContext } from "ava";
import { PACKAGES, programs, Scene } from "./scene.ts";
import { stopScript } from "./stop-script.ts";

const test = testNeeding(ROOT, namespaces(), await debianPackages(PACKAGES));

/** As kubelet, kube-proxy and flannel write them, beside a chain and rules of somebody else. */
const CHAINS = `*mangle
:KUBE-IPTABLES-HINT - [0:0]
:KUBE-KUBELET-CANARY - [0:0]
COMMIT
*filter
:OTHERS - [0:0]
:KUBE-FIREWALL - [0:0]
:FLANNEL-FWD - [0:0]
:KUBE-FORWARD - [0:0]
:KUBE-PROXY-FIREWALL - [0:0]
:KUBE-SERVICES - [0:0]
-A INPUT -j KUBE-FIREWALL
-A INPUT -j OTHERS
-A FORWARD -m conntrack --ctstate NEW -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL
-A FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD
-A FORWARD -m comment --comment "flanneld forward" -j FLANNEL-FWD
-A OTHERS -p tcp -m tcp --dport 22 -j ACCEPT
-A FLANNEL-FWD -m comment --comment "flanneld forward" -j ACCEPT
-A KUBE-FORWARD -m mark --mark 0x4000/0x4000 -j ACCEPT
COMMIT
*nat
:FLANNEL-POSTRTG - [0:0]
:KUBE-MARK-MASQ - [0:0]
:KUBE-NODEPORTS - [0:0]
:KUBE-POSTROUTING - [0:0]
:KUBE-SEP-ABC - [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-SVC-ABC - [0:0]
-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING
-A POSTROUTING -m comment --comment "flanneld masq" -j FLANNEL-POSTRTG
-A POSTROUTING -o lo -j MASQUERADE
-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
-A KUBE-SEP-ABC -m comment --comment "default/one" -j KUBE-MARK-MASQ
-A KUBE-SERVICES -p tcp -m comment --comment "default/one cluster IP" -m tcp --dport 80 -j KUBE-SVC-ABC
-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS
-A KUBE-SVC-ABC -m comment --comment "default/one" -j KUBE-SEP-ABC
COMMIT
`;
const TABLES = ["ip", "ip6"]
	.flatMap((family) => [`table ${family} kube-proxy { chain services { }; }`, `table ${family} others { }`])
	.join("\n");

/** A machine with both kinds of rules, and with a systemctl that says these states of kubelet and of the system. */
async function machine(t: ExecutionContext, states: { readonly kubelet: string; readonly system: string }) {
	const env = await programs(t, "nft");
	const bin = join(ownFolder(t), "bin");
	mkdirSync(bin);
	writeFileSync(
		join(bin, "systemctl"),
		`#!/bin/sh\ncase "$1" in show) echo ${states.kubelet};; *) echo ${states.system}; exit 1;; esac\n`,
	);
	chmodSync(join(bin, "systemctl"), 0o755);
	const scene = new Scene(t, { ...env, PATH: `${bin}:${env.PATH}` });
	const name = await scene.namespace("m");
	for (const ip of ["iptables", "ip6tables"]) await scene.inside(name, `${ip}-restore`, [], CHAINS);
	await scene.inside(name, "nft", ["-f", "-"], TABLES);
	return {
		stop: () => scene.inside(name, "sh", ["-c", stopScript(packetFilterUnit().file)]),
		/** What each of the programs lists, without counts. */
		rules: async () => {
			const [v4, v6] = [await scene.inside(name, "iptables-save", []), await scene.inside(name, "ip6tables-save", [])];
			const lines = [...v4.split("\n"), ...v6.split("\n")].filter((line) => /^-A|^:[A-Z-]+ - /.test(line));
			return { lines, tables: (await scene.inside(name, "nft", ["list", "tables"])).trim().split("\n") };
		},
	};
}

test("the stop of the packet filter's unit takes away what kubelet, kube-proxy and flannel wrote, by iptables and by nft, and nothing else", async (t) => {
	const { stop, rules } = await machine(t, { kubelet: "inactive", system: "running" });
	await stop();
	const { lines, tables } = await rules();
	const left = [
		":OTHERS - [0:0]",
		"-A INPUT -j OTHERS",
		"-A OTHERS -p tcp -m tcp --dport 22 -j ACCEPT",
		"-A POSTROUTING -o lo -j MASQUERADE",
	];
	t.deepEqual(lines.toSorted(), [...left, ...left].sort());
	t.false(tables.some((line) => line.includes("kube-proxy")));
	t.true(tables.includes("table ip others") && tables.includes("table ip6 others"));
	// Once more there is nothing to do.
	await stop();
	t.deepEqual(await rules(), { lines, tables });
});

for (const states of [
	{ kubelet: "active", system: "running" },
	{ kubelet: "activating", system: "running" },
	{ kubelet: "inactive", system: "stopping" },
])
	test(`it does nothing while kubelet is ${states.kubelet} and the system ${states.system}`, async (t) => {
		const { stop, rules } = await machine(t, states);
		const before = await rules();
		await stop();
		t.deepEqual(await rules(), before);
	});
