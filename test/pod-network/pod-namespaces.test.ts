import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { podNamespacesUnit } from "@rollcall/coordinator/trials";
import { testNeeding } from "@rollcall/test-support/needing";
import { ownFolder } from "@rollcall/test-support/own-folder";
import { namespaces, ROOT } from "@rollcall/test-support/part";
import { Scene } from "./scene.ts";
import { stopScript } from "./stop-script.ts";

const test = testNeeding(ROOT, namespaces());

/** Two pods in namespaces by containerd's names, with links to them, and a namespace of somebody else. `$1` is what the unit's stop runs. */
const PODS = `set -e
mount --make-rprivate /
mount -t tmpfs tmpfs /run
ip link add cni0 type bridge
for pod in 1 2; do
	ip netns add cni-11111111-0000-0000-0000-00000000000$pod
	ip link add veth$pod master cni0 type veth peer name eth0 netns cni-11111111-0000-0000-0000-00000000000$pod
done
ip netns add others
ip link add veth3 type veth peer name eth0 netns others
sh -c "$1"
# The kernel takes a namespace's links away a moment after its name.
for pod in 1 2; do
	while [ ! -e /run/netns/cni-11111111-0000-0000-0000-00000000000$pod ] && ip link show veth$pod > /dev/null 2>&1; do :; done
done
echo "$(ls /run/netns) $(ip -o link | sed -n 's/.*: \\(veth[0-9]\\|cni0\\).*/\\1/p')"`;

for (const [kubelet, system, left] of [
	["inactive", "running", ["cni0", "others", "veth3"]],
	["active", "running", undefined],
	["activating", "running", undefined],
	["inactive", "stopping", undefined],
] as const)
	test(`what is left of pods' networks when their unit is stopped, where kubelet is ${kubelet} and the system ${system}`, async (t) => {
		const bin = join(ownFolder(t), "bin");
		mkdirSync(bin);
		const says = `#!/bin/sh\ncase "$1" in show) echo ${kubelet};; *) echo ${system}; exit 1;; esac\n`;
		writeFileSync(join(bin, "systemctl"), says, { mode: 0o755 });
		const scene = new Scene(t, { ...process.env, PATH: `${bin}:${process.env.PATH}:/usr/sbin:/sbin` });
		const name = await scene.namespace("m");
		const words = ["--mount", "sh", "-c", PODS, "pods", stopScript(podNamespacesUnit().file)];
		const text = await scene.inside(name, "unshare", words);
		const pods = [1, 2].flatMap((pod) => [`cni-11111111-0000-0000-0000-00000000000${pod}`, `veth${pod}`]);
		t.deepEqual(text.trim().split(/\s+/).toSorted(), left ?? ["cni0", "others", "veth3", ...pods].toSorted());
	});
