import { REHEARSAL_NETWORK, type RehearsedMachine } from "./machine.ts";

const KERNEL = "6.12.0-rehearsal";

/**
 * The files below a machine's root from which its agent reads facts: path (relative) and content, in the formats of proc(5),
 * sysfs, os-release(5) and resolv.conf(5). They say at every turn that this is a rehearsal.
 */
export function factFiles(machine: RehearsedMachine): Record<string, string> {
	const kilobytes = Math.floor(machine.memoryBytes / 1024);
	const files: Record<string, string> = {
		"proc/sys/kernel/random/boot_id": machine.bootId,
		"proc/sys/kernel/hostname": machine.name,
		"proc/sys/kernel/osrelease": KERNEL,
		"proc/version": `Linux version ${KERNEL} (rollcall rehearsal)`,
		"proc/cmdline": "rollcall.rehearsal=1",
		"proc/meminfo": [
			`MemTotal:       ${kilobytes} kB`,
			`MemFree:        ${Math.floor(kilobytes * 0.8)} kB`,
			`MemAvailable:   ${Math.floor(kilobytes * 0.85)} kB`,
		].join("\n"),
		"proc/cpuinfo": Array.from(
			{ length: machine.cpus },
			(_, index) => `processor\t: ${index}\nvendor_id\t: rollcall\nmodel name\t: rollcall rehearsal CPU\n`,
		).join("\n"),
		"proc/mounts": "tmpfs / tmpfs rw 0 0\ntmpfs /run tmpfs rw,nosuid,nodev 0 0\ncgroup2 /sys/fs/cgroup cgroup2 rw 0 0",
		"proc/net/route": routes(),
		"sys/class/dmi/id/product_uuid": machine.uuid,
		"sys/class/dmi/id/product_serial": machine.serial,
		"sys/class/dmi/id/sys_vendor": "rollcall rehearsal",
		"sys/class/dmi/id/product_name": "rehearsal machine",
		"sys/fs/cgroup/cgroup.controllers": "cpuset cpu io memory pids",
		"sys/class/net/lo/address": "00:00:00:00:00:00",
		"sys/class/net/lo/operstate": "unknown",
		"sys/class/net/lo/type": "772",
		"etc/hostname": machine.name,
		"etc/os-release": [
			"ID=rollcall-rehearsal",
			"VERSION_ID=1",
			'NAME="rollcall rehearsal"',
			'PRETTY_NAME="rollcall rehearsal (not a machine)"',
		].join("\n"),
		"etc/resolv.conf": `search rehearsal.internal\nnameserver ${REHEARSAL_NETWORK.gateway}`,
	};
	for (const [index, mac] of machine.macs.entries()) {
		const folder = `sys/class/net/eth${index}`;
		files[`${folder}/address`] = mac;
		files[`${folder}/addr_assign_type`] = "0";
		files[`${folder}/operstate`] = index === 0 ? "up" : "down";
		files[`${folder}/carrier`] = index === 0 ? "1" : "0";
		files[`${folder}/type`] = "1";
		files[`${folder}/mtu`] = "1500";
		// A link on real cards; that it exists tells a card from a bridge or a tunnel.
		files[`${folder}/device/uevent`] = "DRIVER=rehearsal";
	}
	return Object.fromEntries(Object.entries(files).map(([path, text]) => [path, `${text}\n`]));
}

/** `/proc/net/route`: addresses are hexadecimal, in the byte order of the machine (little endian). */
function routes(): string {
	const hex = (address: string): string =>
		address
			.split(".")
			.reverse()
			.map((part) => Number(part).toString(16).toUpperCase().padStart(2, "0"))
			.join("");
	const row = (destination: string, gateway: string, mask: string): string =>
		["eth0", hex(destination), hex(gateway), gateway === "0.0.0.0" ? "0001" : "0003", 0, 0, 0, hex(mask), 0, 0, 0].join(
			"\t",
		);
	return [
		"Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT",
		row("0.0.0.0", REHEARSAL_NETWORK.gateway, "0.0.0.0"),
		row("10.146.0.0", "0.0.0.0", "255.255.0.0"),
	].join("\n");
}
