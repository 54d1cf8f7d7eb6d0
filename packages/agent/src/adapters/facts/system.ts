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

export function readKernel(source: Source): string {
	return oneLine(source.text("/proc/sys/kernel/osrelease")) ?? "";
}

export function readHostname(source: Source): string {
	return oneLine(source.text("/proc/sys/kernel/hostname")) ?? "";
}

/** 2 when /sys/fs/cgroup itself is the unified hierarchy (cgroups(7)). */
export function readCgroupVersion(source: Source): 1 | 2 {
	return source.text("/sys/fs/cgroup/cgroup.controllers") === undefined ? 1 : 2;
}

/** Name servers and search domains (resolv.conf(5)); the last `search` or `domain` line counts. */
export function readDns(source: Source): Facts["dns"] {
	const servers: string[] = [];
	let search: string[] = [];
	for (const line of (source.text("/etc/resolv.conf") ?? "").split("\n")) {
		const [word, ...values] = line
			.replaceAll(/\p{Cc}/gu, " ")
			.trim()
			.split(/\s+/);
		if (word === "nameserver" && values[0] && values[0].length <= 64 && !servers.includes(values[0]))
			servers.push(values[0]);
		if (word === "search" || word === "domain") search = values.filter((value) => value.length <= 253);
	}
	return { servers: servers.slice(0, 16), search: search.slice(0, 32) };
}
