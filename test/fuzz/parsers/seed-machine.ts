const NET = "/sys/class/net";

/** Files of a machine with two cards, a bond, a bridge, huge pages, zram, chrony and modules. */
export const MACHINE_FILES: Readonly<Record<string, string>> = {
	"/proc/sys/kernel/random/boot_id": "5f2d1c3a-8b64-4e0f-9a57-1d2e3f405162\n",
	"/proc/sys/kernel/hostname": "pc-7\n",
	"/proc/sys/kernel/osrelease": "6.12.1\n",
	"/proc/cpuinfo": "processor\t: 0\nmodel name\t: Some CPU\n\nprocessor\t: 1\nmodel name\t: Some CPU\n",
	"/proc/meminfo":
		"MemTotal:        8000000 kB\nMemAvailable:    7000000 kB\nSwapTotal: 10 kB\nHugePages_Total: 4\nHugepagesize: 2048 kB\nHugetlb: 8192 kB\n",
	"/proc/swaps": "Filename\tType\tSize\tUsed\tPriority\n/dev/zram0 partition 4096 0 100\n",
	"/proc/net/route":
		"Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\neth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\neth0\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n",
	"/proc/net/ipv6_route":
		"20010db8000000000000000000000000 20 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth0\n00000000000000000000000000000000 00 00000000000000000000000000000000 00 fe800000000000000000000000000001 00000400 00000001 00000000 00000003     eth1\n",
	"/proc/net/if_inet6": "20010db8000000000000000000000007 02 40 00 01 eth0\n",
	"/proc/modules": "overlay 151552 0 - Live 0x0000000000000000\n",
	"/proc/self/mountinfo":
		"22 1 0:20 / / rw - tmpfs rootfs rw\n23 22 8:1 / /var\\040x rw shared:1 - ext4 /dev/sda1 rw\n24 22 8:2 / /etc/kubernetes rw - ext4 /dev/sda2 rw\n",
	"/etc/resolv.conf": "nameserver 127.0.0.53\nsearch lab.example a.example\noptions edns0\n",
	"/run/systemd/resolve/resolv.conf": "nameserver 192.0.2.1\nnameserver 2001:db8::1%eth0\ndomain x\n",
	"/etc/os-release": 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian \\"GNU\\"/Linux 12 (bookworm)"\n',
	"/sys/fs/cgroup/cgroup.controllers": "cpu memory\n",
	"/sys/class/dmi/id/product_uuid": "4C4C4544-0000-2010-8020-80C04F202020\n",
	"/sys/class/dmi/id/product_serial": "S-7\n",
	"/sys/class/dmi/id/sys_vendor": "ACME\n",
	"/sys/class/dmi/id/product_name": "Box\n",
	[`${NET}/lo/address`]: "00:00:00:00:00:00\n",
	[`${NET}/eth0/address`]: "52:54:00:00:00:FF\n",
	[`${NET}/eth0/bonding_slave/perm_hwaddr`]: "52:54:00:00:00:01\n",
	[`${NET}/eth0/operstate`]: "up\n",
	[`${NET}/eth0/device/vendor`]: "0x1af4\n",
	[`${NET}/eth1/address`]: "52:54:00:00:00:02\n",
	[`${NET}/eth1/operstate`]: "unknown\n",
	[`${NET}/eth1/carrier`]: "1\n",
	[`${NET}/eth1/addr_assign_type`]: "1\n",
	[`${NET}/br0/address`]: "52:54:00:00:00:03\n",
	[`${NET}/br0/brif/eth1`]: "",
	[`${NET}/bonding_masters`]: "\n",
	"/usr/sbin/chronyd": "",
	"/etc/chrony/chrony.conf": "sourcedir /etc/chrony/sources.d\nsourcedir /run/chrony-dhcp/\n",
	"/usr/lib/systemd/systemd-timesyncd": "",
	"/lib/modules/6.12.1/modules.dep": "kernel/net/bridge/br_netfilter.ko.xz: kernel/net/bridge/bridge.ko.xz\n",
	"/lib/modules/6.12.1/modules.builtin": "kernel/fs/overlayfs/overlay.ko\n",
};

/** Of `ip -json link show`. */
export const LINKS: unknown = [
	{ ifindex: 1, ifname: "lo", address: "00:00:00:00:00:00" },
	{ ifindex: 2, ifname: "eth0", address: "52:54:00:00:00:ff", permaddr: "52:54:00:00:00:01" },
];

/** Of `journalctl -o json`. */
export const JOURNAL = [
	{
		__CURSOR: "s=1;i=2;b=3",
		__REALTIME_TIMESTAMP: "1795863737428000",
		SYSLOG_IDENTIFIER: "kubelet",
		MESSAGE: "started",
	},
	{ __CURSOR: "s=1;i=3", __REALTIME_TIMESTAMP: "1795863737428001", _COMM: "agent", MESSAGE: [104, 105, 255] },
	{ __CURSOR: "s=1;i=4", __REALTIME_TIMESTAMP: "x", MESSAGE: null },
]
	.map((entry) => JSON.stringify(entry))
	.join("\n");
