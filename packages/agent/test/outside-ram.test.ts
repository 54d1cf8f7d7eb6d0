import test from "ava";
import { readOutsideRam } from "../src/adapters/facts/outside-ram.ts";
import { createSource } from "../src/adapters/facts/read-text.ts";
import { temporaryRoot, writeFiles } from "./support/machine.ts";

const mount = (at: string, type: string, device: string, options = "rw") =>
	`22 1 0:${at.length} / ${at} rw,relatime shared:1 - ${type} ${device} ${options}\n`;
const overlay = (at: string, upper: string) =>
	mount(at, "overlay", "overlay", `rw,lowerdir=/low,upperdir=${upper},workdir=/w`);
const ALL = ["/etc/kubernetes", "/var/lib/kubelet", "/etc/rollcall/role"];

const FOLDERS = ["/etc/upper", "/run/live/overlay/rw", "/run/live/persistence/sda1/rw", "/run/ephemeral/etc"];

const cases: Record<string, [mounts: string, outside: string[]]> = {
	"a root in RAM": [mount("/", "tmpfs", "tmpfs"), []],
	"an initramfs as root": [mount("/", "rootfs", "rootfs"), []],
	"a live system's overlay": [overlay("/", "/run/live/overlay/rw") + mount("/run", "tmpfs", "tmpfs"), []],
	"a live system's overlay that is kept on a disk": [
		overlay("/", "/run/live/persistence/sda1/rw") +
			mount("/run", "tmpfs", "tmpfs") +
			mount("/run/live/persistence/sda1", "ext4", "/dev/sda1"),
		ALL,
	],
	"an overlay whose upper half was the initrd's": [overlay("/", "/cow/upper") + mount("/run", "tmpfs", "tmpfs"), ALL],
	"an overlay over /etc that an initrd made of the root in RAM": [
		mount("/", "tmpfs", "tmpfs") + overlay("/etc", "/sysroot/etc"),
		[],
	],
	"an overlay over /etc that an initrd made of the root on a disk": [
		mount("/", "ext4", "/dev/sda9") + overlay("/etc", "/sysroot/etc"),
		ALL,
	],
	"an overlay on a file system in a file in RAM": [
		mount("/", "squashfs", "/dev/loop1") +
			mount("/run/base", "tmpfs", "tmpfs") +
			mount("/run/ephemeral", "xfs", "/dev/loop0") +
			overlay("/etc", "/run/ephemeral/etc"),
		[],
	],
	"a file system in a file on a disk": [
		mount("/", "ext4", "/dev/sda1") + mount("/etc", "xfs", "/dev/loop0") + mount("/run/base/x", "tmpfs", "t"),
		ALL,
	],
	"an overlay that is its own upper half": [overlay("/", "/etc/upper"), ALL],
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
		writeFiles(root, { "/proc/self/mountinfo": mounts, "/sys/block/loop0/loop/backing_file": "/run/base/loopfs\n" });
		writeFiles(root, Object.fromEntries(FOLDERS.map((folder) => [`${folder}/.there`, ""])));
		writeFiles(root, { "/run/base/loopfs": "" });
		t.deepEqual(readOutsideRam(createSource(root)), outside);
	});
}

test("where mounts cannot be seen, nothing is said", (t) => {
	t.is(readOutsideRam(createSource(temporaryRoot(t))), undefined);
});
