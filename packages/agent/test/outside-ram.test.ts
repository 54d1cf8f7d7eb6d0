import test from "ava";
import { readOutsideRam } from "../src/adapters/facts/outside-ram.ts";
import { createSource } from "../src/adapters/facts/read-text.ts";
import { temporaryRoot, writeFiles } from "./support/machine.ts";

const mount = (at: string, type: string, device: string) =>
	`22 1 0:21 / ${at} rw,relatime shared:1 - ${type} ${device} rw\n`;
const ALL = ["/etc/kubernetes", "/var/lib/kubelet", "/etc/rollcall/role"];

const cases: Record<string, [mounts: string, outside: string[]]> = {
	"a root in RAM": [mount("/", "tmpfs", "tmpfs"), []],
	"an initramfs as root": [mount("/", "rootfs", "rootfs"), []],
	"a live system's overlay": [mount("/", "overlay", "overlay") + mount("/run", "tmpfs", "tmpfs"), []],
	"a live image with a writable half": [mount("/", "ext4", "/dev/mapper/live-rw"), []],
	"compressed RAM": [mount("/", "btrfs", "/dev/zram1"), []],
	"a disk": [mount("/", "ext4", "/dev/sda2"), ALL],
	"a file server": [mount("/", "nfs4", "192.0.2.1:/root"), ALL],
	"a disk with a tmpfs over the keys": [
		mount("/", "xfs", "/dev/nvme0n1p4") +
			mount("/etc/kubernetes", "tmpfs", "rollcall") +
			mount("/var/lib/kubelet", "tmpfs", "rollcall"),
		["/etc/rollcall/role"],
	],
	"a tmpfs root with /var on a disk": [
		mount("/", "tmpfs", "tmpfs") + mount("/var", "ext4", "/dev/sda1"),
		["/var/lib/kubelet"],
	],
	"two mounts at one place": [mount("/", "rootfs", "rootfs") + mount("/", "ext4", "/dev/sda1"), ALL],
};
for (const [title, [mounts, outside]] of Object.entries(cases)) {
	test(`${title}: what lies outside of RAM is told`, (t) => {
		const root = temporaryRoot(t);
		writeFiles(root, { "/proc/self/mountinfo": mounts });
		t.deepEqual(readOutsideRam(createSource(root)), outside);
	});
}

test("where mounts cannot be seen, nothing is said", (t) => {
	t.is(readOutsideRam(createSource(temporaryRoot(t))), undefined);
});
