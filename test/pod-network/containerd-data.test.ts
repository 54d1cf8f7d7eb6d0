import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { containerdDataUnit } from "@rollcall/coordinator/trials";
import { testNeeding } from "@rollcall/test-support/needing";
import { ownFolder } from "@rollcall/test-support/own-folder";
import { namespaces, ROOT } from "@rollcall/test-support/part";
import { Scene } from "./scene.ts";
import { startScript, stopScript } from "./stop-script.ts";

const test = testNeeding(ROOT, namespaces());

/** `$1` is what was there before, `$2` the unit's start, `$3` what came later, `$4` its stop. */
const LIFE = `set -e
mount --make-rprivate /
for place in /mnt /var/lib /opt /run; do mount -t tmpfs tmpfs $place; done
data=/var/lib/containerd
image() { mkdir -p $data/io.containerd.content.v1.content/blobs/sha256 $data/io.containerd.snapshotter.v1.overlayfs/snapshots/1; echo layer > $data/io.containerd.content.v1.content/blobs/sha256/$1; }
# What a container leaves that was killed beside a containerd that is gone.
container() {
	at=/run/containerd/io.containerd.runtime.v2.task/k8s.io/one
	mkdir -p $at/rootfs $data/io.containerd.metadata.v1.bolt /mnt/upper /mnt/work
	mount -t overlay overlay -o lowerdir=$data/io.containerd.snapshotter.v1.overlayfs/snapshots/1,upperdir=/mnt/upper,workdir=/mnt/work $at/rootfs
	echo state > $at/config.json; echo written > $data/io.containerd.metadata.v1.bolt/meta.db
}
mkdir -p /opt/rollcall/images/notes; echo digest > /opt/rollcall/images/node.tar.taken; echo digest > /opt/rollcall/images/notes/node.tar.taken
eval "$1"; sh -c "$2"; eval "$3"
sh -c "$4" 2> /dev/null && echo done || echo failed
sed -n 's#^\\([^ ]* \\)\\{4\\}\\(/var/lib/\\|/run/containerd\\)\\([^ ]*\\) .*#mount:\\2\\3#p' /proc/self/mountinfo
find /opt /var/lib/containerd /run/containerd -type f 2> /dev/null | sed 's/^/file:/'`;

const DATA = "/var/lib/containerd";
const BLOBS = `file:${DATA}/io.containerd.content.v1.content/blobs/sha256`;
const NOTE = "file:/opt/rollcall/images/notes/node.tar.taken";
const TASK = "/run/containerd/io.containerd.runtime.v2.task/k8s.io/one";
const OF_THE_ROLE = [
	`${BLOBS}/role`,
	`file:${DATA}/io.containerd.metadata.v1.bolt/meta.db`,
	`file:${TASK}/config.json`,
	`mount:${TASK}/rootfs`,
	"file:/opt/rollcall/images/node.tar.taken",
];
const ALL = [NOTE, ...OF_THE_ROLE, `file:${DATA}/.rollcall-was-empty`];

for (const { title, before = "", later = "", states = {}, left } of [
	{ title: "nothing is left of a machine that had no image before", left: [NOTE] },
	{
		title: "nothing is left where containerd had run before without an image",
		before: `mkdir -p ${DATA}/io.containerd.content.v1.content/blobs/sha256`,
		left: [NOTE],
	},
	{
		title: "all stays where the operating system had images",
		before: "image system",
		left: [NOTE, ...OF_THE_ROLE, `${BLOBS}/system`],
	},
	{ title: "all stays while kubelet is about to run", states: { "kubelet.service": "activating" }, left: ALL },
	{ title: "all stays while containerd runs", states: { "containerd.service": "active" }, left: ALL },
	{ title: "all stays when the system goes down", states: { system: "stopping" }, left: ALL },
	{
		title: "images stay where something of others is mounted among them",
		later: `mkdir ${DATA}/disk; mount -t tmpfs tmpfs ${DATA}/disk; echo own > ${DATA}/disk/own`,
		left: [...ALL.filter((one) => !one.startsWith("mount:")), `mount:${DATA}/disk`, `file:${DATA}/disk/own`],
	},
] as readonly { title: string; before?: string; later?: string; states?: Record<string, string>; left: string[] }[])
	test(`images of containerd when their unit is stopped: ${title}`, async (t) => {
		const bin = join(ownFolder(t), "bin");
		mkdirSync(bin);
		const { system = "running", ...units } = states;
		const shown = Object.entries(units).map(([unit, state]) => `"show ${unit}") echo ${state};;`);
		const answers = `${shown.join(" ")} show*) echo inactive;; *) echo ${system};;`;
		writeFileSync(join(bin, "systemctl"), `#!/bin/sh\nfor last; do :; done\ncase "$1 $last" in ${answers} esac\n`, {
			mode: 0o755,
		});
		const scene = new Scene(t, { ...process.env, PATH: `${bin}:${process.env.PATH}:/usr/sbin:/sbin` });
		const { file } = containerdDataUnit();
		const words = [before, startScript(file), `image role; container; ${later}`, stopScript(file)];
		const text = await scene.inside(await scene.namespace("m"), "unshare", [
			"--mount",
			"sh",
			"-c",
			LIFE,
			"life",
			...words,
		]);
		t.deepEqual(text.trim().split(/\s+/).toSorted(), ["done", ...left].toSorted());
	});
