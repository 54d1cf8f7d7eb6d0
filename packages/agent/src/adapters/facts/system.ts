import { BootId, type Facts } from "@rollcall/protocol";
import { oneLine, type Source } from "./read-text.ts";

/** The boot id (random(4)). Throws Error when there is none: without it the agent cannot say which boot it is. */
export function readBootId(source: Source): BootId {
	const path = "/proc/sys/kernel/random/boot_id";
	const parsed = BootId.safeParse(source.text(path)?.trim());
	if (!parsed.success) throw new Error(`${path} holds no boot id; is /proc mounted?`);
	return parsed.data;
}

/** The operating system, from os-release(5). */
export function readOs(source: Source): Facts["os"] {
	const text = source.text("/etc/os-release") ?? source.text("/usr/lib/os-release") ?? "";
	const field = (name: string) => {
		const value = text.match(new RegExp(`^${name}=(.*)$`, "m"))?.[1]?.trim() ?? "";
		return oneLine(value.replace(/^(["'])(.*)\1$/, "$2").replaceAll(/\\(["'$`\\])/g, "$1")) ?? "";
	};
	return { id: field("ID"), version: field("VERSION_ID"), name: field("PRETTY_NAME") };
}

/** The kernel's release; empty where it is not told. */
export function readKernel(source: Source): string {
	return oneLine(source.text("/proc/sys/kernel/osrelease")) ?? "";
}

/** The kernel's name for this machine; empty where it is not told. */
export function readHostname(source: Source): string {
	return oneLine(source.text("/proc/sys/kernel/hostname")) ?? "";
}

/** 2 when /sys/fs/cgroup itself is the unified hierarchy (cgroups(7)). */
export function readCgroupVersion(source: Source): 1 | 2 {
	return source.text("/sys/fs/cgroup/cgroup.controllers") === undefined ? 1 : 2;
}

/** SMBIOS fields as the kernel shows them in /sys/class/dmi/id. Only root may read uuid and serial. */
export function readSmbios(source: Source): Facts["smbios"] {
	const field = (name: string) => oneLine(source.text(`/sys/class/dmi/id/${name}`));
	const smbios = {
		uuid: field("product_uuid")?.toLowerCase(),
		serial: field("product_serial"),
		vendor: field("sys_vendor"),
		product: field("product_name"),
	};
	return Object.fromEntries(Object.entries(smbios).filter(([, value]) => value !== undefined));
}
