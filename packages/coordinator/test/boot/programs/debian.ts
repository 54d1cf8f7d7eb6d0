import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { debianFolders, debianPackages, type Part } from "@rollcall/test-support/part";
import { stretched } from "@rollcall/test-support/stretch";

/** How a program of a Debian package ended. */
export interface Ended {
	readonly status: number | null;
	readonly output: string;
}

/** What there is to be had of a program. */
export interface Wanted {
	/** Its path inside the first package. */
	readonly program: string;
	/** The package, and those that its libraries come from. */
	readonly packages: readonly string[];
}

/** A program of Debian, as a part that tests need. */
export function debian({ packages }: Wanted): Promise<Part> {
	return debianPackages(packages);
}

/**
 * Where a real program out of a Debian package lies, unpacked below `.cache` and not installed, and the environment in which
 * it finds its libraries. Throws where there is none to be had.
 */
export async function debianCommand(
	wanted: Wanted,
): Promise<{ readonly program: string; readonly env: NodeJS.ProcessEnv }> {
	const folders = await debianFolders(wanted.packages);
	const libraries = folders.flatMap((folder) => {
		const base = path.join(folder, "usr/lib");
		if (!fs.existsSync(base)) return [];
		return [base, ...fs.readdirSync(base).map((name) => path.join(base, name))];
	});
	const env = { ...process.env, LD_LIBRARY_PATH: libraries.join(":") };
	return { program: path.join(folders[0] ?? "", wanted.program), env };
}

/** The same, to be run to its end. */
export async function debianProgram(wanted: Wanted): Promise<(args: readonly string[], input?: string) => Ended> {
	const command = await debianCommand(wanted);
	return (args, input) => {
		const result = spawnSync(command.program, args, {
			encoding: "utf8",
			env: command.env,
			input: input ?? "",
			timeout: stretched(60_000),
		});
		return { status: result.status, output: `${result.stdout}${result.stderr}` };
	};
}

/** HAProxy 2.6. */
export const HAPROXY: Wanted = {
	program: "usr/sbin/haproxy",
	packages: ["haproxy", "liblua5.3-0", "libopentracing-c-wrapper0", "libopentracing1", "libpcre2-8-0", "libsystemd0"],
};

/** dnsmasq 2.90, with DHCP and TFTP. */
export const DNSMASQ: Wanted = {
	program: "usr/sbin/dnsmasq",
	packages: [
		"dnsmasq-base",
		"libnetfilter-conntrack3",
		"libnftables1",
		"libnfnetlink0",
		"libmnl0",
		"libnftnl11",
		"libxtables12",
		"libjansson4",
		"libedit2",
		"libidn2-0",
		"libunistring2",
	],
};

/** ISC's DHCP server 4.4. */
export const DHCPD: Wanted = { program: "usr/sbin/dhcpd", packages: ["isc-dhcp-server"] };

/** Kea's DHCPv4 server 2.2. */
export const KEA: Wanted = {
	program: "usr/sbin/kea-dhcp4",
	packages: ["kea-dhcp4-server", "kea-common", "liblog4cplus-2.0.5", "libmariadb3", "libpq5", "libboost-system1.74.0"],
};

/** containerd 1.6. */
export const CONTAINERD: Wanted = { program: "usr/bin/containerd", packages: ["containerd"] };

/** CoreOS' own validator, of Ignition 2.14 (spec 3.3). */
export const IGNITION: Wanted = { program: "usr/bin/ignition-validate", packages: ["ignition"] };

/** It, for a configuration. */
export async function ignitionValidate(): Promise<(config: unknown) => Ended> {
	const run = await debianProgram(IGNITION);
	return (config) => run(["-"], JSON.stringify(config));
}

/** The registry of the distribution project, 2.8. */
export const REGISTRY: Wanted = { program: "usr/bin/docker-registry", packages: ["docker-registry"] };
