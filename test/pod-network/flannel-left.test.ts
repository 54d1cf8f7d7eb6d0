import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { flannelUnit } from "@rollcall/coordinator/trials";
import { ClusterDocument } from "@rollcall/protocol";
import { testNeeding } from "@rollcall/test-support/needing";
import { ownFolder } from "@rollcall/test-support/own-folder";
import { namespaces, ROOT } from "@rollcall/test-support/part";
import { Scene } from "./scene.ts";
import { stopScript } from "./stop-script.ts";

const test = testNeeding(ROOT, namespaces());

const DOCUMENT = ClusterDocument.parse({
	...{ apiVersion: "rollcall/v1", kind: "Cluster", name: "lab" },
	kubernetes: { version: "1.36", podNetwork: "flannel" },
	networks: {
		...{ pods: "10.254.0.0/16", services: "10.253.0.0/16" },
		second: { pods: "fd00:10::/48", services: "fd00:20::/112" },
	},
	slots: [{ name: "workers", role: "worker", count: 1 }],
});

/** Links and routes as flannel makes them, with plain routes and with VXLAN, beside those of others; `$1` is the unit's stop. */
const LIFE = `set -e
for place in /opt /run; do mount -t tmpfs tmpfs $place; done
mkdir -p /opt/cni/bin /run/flannel; touch /opt/cni/bin/flannel /opt/cni/bin/bridge /run/flannel/subnet.env
ip link add eth9 type veth peer name peer9; ip link set peer9 up; ip link set eth9 up
for link in flannel.1 cni0; do ip link add $link type bridge; ip link set $link up; done
ip address add 192.0.2.9/24 dev eth9; ip address add 2001:db8::9/64 dev eth9 nodad
ip address add 10.254.1.1/24 dev cni0
ip route add 10.254.2.0/24 via 192.0.2.7; ip route add 10.254.3.0/24 dev flannel.1; ip route add 198.51.100.0/24 via 192.0.2.7
ip -6 route add fd00:10:0:2::/64 via 2001:db8::7; ip -6 route add 2001:db8:5::/48 via 2001:db8::7
sh -c "$1" && echo done || echo failed
ip -o link | sed -n 's/^[0-9]*: \\([^:@]*\\).*/link:\\1/p'
{ ip -4 route; ip -6 route; } | sed -n 's/^\\([^ ]*\\) via.*/route:\\1/p'
find /opt /run -type f | sed 's/^/file:/'`;

const OTHERS = [
	"link:lo",
	"link:eth9",
	"link:peer9",
	"route:198.51.100.0/24",
	"route:2001:db8:5::/48",
	"file:/opt/cni/bin/bridge",
];
const FLANNELS = [
	...["link:flannel.1", "link:cni0", "route:10.254.2.0/24", "route:fd00:10:0:2::/64"],
	...["file:/opt/cni/bin/flannel", "file:/run/flannel/subnet.env"],
];

for (const { kubelet, system = "running", left } of [
	{ kubelet: "inactive", left: OTHERS },
	{ kubelet: "active", left: [...OTHERS, ...FLANNELS] },
	{ kubelet: "inactive", system: "stopping", left: [...OTHERS, ...FLANNELS] },
])
	test(`what is left of flannel when its unit is stopped, where kubelet is ${kubelet} and the system ${system}`, async (t) => {
		const bin = join(ownFolder(t), "bin");
		mkdirSync(bin);
		const states = `case "$1" in show) echo ${kubelet};; *) echo ${system}; exit 1;; esac`;
		writeFileSync(join(bin, "systemctl"), `#!/bin/sh\n${states}\n`, { mode: 0o755 });
		const scene = new Scene(t, { ...process.env, PATH: `${bin}:${process.env.PATH}:/usr/sbin:/sbin` });
		const words = ["--mount", "sh", "-c", LIFE, "life", stopScript(flannelUnit(DOCUMENT).file)];
		const text = await scene.inside(await scene.namespace("m"), "unshare", words);
		t.deepEqual(text.trim().split(/\s+/).toSorted(), ["done", ...left].toSorted());
	});
