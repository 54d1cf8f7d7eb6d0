import { eventually } from "@rollcall/test-support/eventually";
import type { LabMachine } from "../lab/machine.ts";
import type { Room } from "../lab/room.ts";
import { READY_MS } from "./cluster-nodes.ts";

/** What a machine still has, one thing a line. */
const LOOK = `ip -o link | sed -n "s/^[0-9]*: \\([^:@]*\\).*/left: link \\1/p"
ip route | sed -n "s/^\\(10\\.254\\.[^ ]*\\).*/left: route to pods \\1/p"
iptables-save 2>/dev/null | sed -n "s/^:\\(\\(KUBE\\|FLANNEL\\)-[^ ]*\\).*/left: chain \\1/p"
ls /run/netns 2>/dev/null | sed "s/^/left: namespace /"
ls /opt/rollcall/bin /opt/cni/bin 2>/dev/null | grep -v -e : -e ^$ | sed "s/^/left: program /"
grep -rs "" --include=cgroup.procs /sys/fs/cgroup | sed -n "/kubepods/s/.*/left: process of a pod/p" | sort -u
sed -n -e "s#.* \\(/var/lib/kubelet/[^ ]*\\) .*#left: mount \\1#p" -e "s#.* \\(/run/containerd/[^ ]*/shm\\) .*#left: mount \\1#p" /proc/self/mountinfo
for one in /proc/[0-9]*; do case "$(cat $one/comm 2>/dev/null)" in containerd*) echo "left: process $(cat $one/comm)" ;; esac; done
ls -A /var/lib/containerd 2>/dev/null | sed "s/^/left: in containerd's folder: /"
ls /var/lib/kubelet/pods /var/log/pods /var/log/containers 2>/dev/null | grep -v -e : -e ^$ | sed "s/^/left: written by a pod: /"
echo "left: that is all"`;
/** A role of the operator that looks around. */
export const LOOKING = {
	files: [
		{ path: "/run/rollcall/role/look", mode: "0644", content: `${LOOK}\n` },
		{
			path: "/run/systemd/system/look.service",
			mode: "0644",
			content: "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/sh /run/rollcall/role/look\n",
		},
	],
	units: [{ name: "look.service" }],
	probes: [{ kind: "unit", component: "look", unit: "look.service" }],
};

/** What the machine with this role has left, once it has looked so often. */
export async function leftOn(
	{ view, host }: Pick<Room, "view" | "host">,
	machine: LabMachine,
	times = 1,
): Promise<string[]> {
	const said = await eventually(
		"it to have looked around",
		async () => {
			const id = (await view(machine))?.machine.machineId ?? "";
			const { stdout } = await host.rollcall("logs", id, "-u", "look.service", "-n", "200");
			const looks = stdout.split(/(?<=that is all)/).filter((look) => look.includes("that is all"));
			return looks.length >= times && looks.at(-1);
		},
		READY_MS,
		2_000,
	);
	return [...said.matchAll(/left: (.*)$/gm)].map(([, what = ""]) => what);
}
