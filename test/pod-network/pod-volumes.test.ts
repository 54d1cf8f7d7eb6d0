import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { podVolumesUnit } from "@rollcall/coordinator/trials";
import { testNeeding } from "@rollcall/test-support/needing";
import { ownFolder } from "@rollcall/test-support/own-folder";
import { namespaces, ROOT } from "@rollcall/test-support/part";
import { Scene } from "./scene.ts";
import { stopScript } from "./stop-script.ts";

const test = testNeeding(ROOT, namespaces());

/** A pod with a token, a share of a file server that is mounted twice, and shared memory; files of a pod, and mounts and files of others. `$1` is what the unit's stop runs. */
const PODS = `set -e
mount --make-rprivate /
for place in /mnt /var/lib /var/log /run; do mount -t tmpfs tmpfs $place; done
mkdir -p /mnt/server/share /var/lib/kubelet
echo kept > /mnt/server/share/file
mount -t tmpfs tmpfs /var/lib/kubelet
pod=/var/lib/kubelet/pods/11111111
shared=/run/containerd/io.containerd.grpc.v1.cri/sandboxes/22222222/shm
volumes=$pod/volumes/kubernetes.io~
for place in \${volumes}projected/token $shared; do mkdir -p $place; mount -t tmpfs tmpfs $place; echo secret > $place/secret; done
for place in \${volumes}csi/share/mount $pod/volume-subpaths/share/main/0 /var/lib/kubelet/plugins/kubernetes.io/csi/share/globalmount; do
	mkdir -p $place
	mount --bind /mnt/server/share $place
done
mkdir -p \${volumes}empty-dir/own /var/log/pods/pod /var/log/containers
echo said > /var/log/pods/pod/0.log
ln -s /var/log/pods/pod/0.log /var/log/containers/pod.log
echo kept > /var/lib/kubelet/config.yaml
sh -c "$1" 2> /dev/null && echo done || echo failed
sed -n 's#^\\([^ ]* \\)\\{4\\}\\(/var/lib/\\|/run/containerd\\)\\([^ ]*\\) .*#mount:\\2\\3#p' /proc/self/mountinfo
find /mnt /var/lib/kubelet /var/log \\( -type f -o -type l \\) | sed 's/^/file:/' | sort -u`;

const POD = "/var/lib/kubelet/pods/11111111";
const SHARE = [
	`${POD}/volumes/kubernetes.io~csi/share/mount`,
	`${POD}/volume-subpaths/share/main/0`,
	"/var/lib/kubelet/plugins/kubernetes.io/csi/share/globalmount",
];
const TOKEN = `${POD}/volumes/kubernetes.io~projected/token`;
const OTHERS = ["file:/mnt/server/share/file", "file:/var/lib/kubelet/config.yaml", "mount:/var/lib/kubelet"];
const ALL = [
	...OTHERS,
	...[...SHARE.map((place) => `${place}/file`), `${TOKEN}/secret`].map((file) => `file:${file}`),
	...["file:/var/log/pods/pod/0.log", "file:/var/log/containers/pod.log"],
	...[...SHARE, TOKEN].map((place) => `mount:${place}`),
	"mount:/run/containerd/io.containerd.grpc.v1.cri/sandboxes/22222222/shm",
];

for (const { kubelet, system = "running", umount, left } of [
	{ kubelet: "inactive", left: ["done", ...OTHERS] },
	{ kubelet: "inactive", umount: "exit 1", left: ["failed", ...ALL] },
	{ kubelet: "active", left: ["done", ...ALL] },
	{ kubelet: "activating", left: ["done", ...ALL] },
	{ kubelet: "inactive", system: "stopping", left: ["done", ...ALL] },
])
	test(`what is left of pods' volumes when their unit is stopped, where kubelet is ${kubelet}, the system ${system}, and volumes can${umount ? "not" : ""} be unmounted`, async (t) => {
		const bin = join(ownFolder(t), "bin");
		mkdirSync(bin);
		const programs = {
			systemctl: `case "$1" in show) echo ${kubelet};; *) echo ${system}; exit 1;; esac`,
			...(umount ? { umount } : {}),
		};
		for (const [name, text] of Object.entries(programs))
			writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
		const scene = new Scene(t, { ...process.env, PATH: `${bin}:${process.env.PATH}:/usr/sbin:/sbin` });
		const words = ["--mount", "sh", "-c", PODS, "pods", stopScript(podVolumesUnit().file)];
		const text = await scene.inside(await scene.namespace("m"), "unshare", words);
		t.deepEqual(text.trim().split(/\s+/).toSorted(), left.toSorted());
	});
