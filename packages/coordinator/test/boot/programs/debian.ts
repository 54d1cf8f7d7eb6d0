import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import type { ExecutionContext } from "ava";

const root = path.resolve(import.meta.dirname, "../../../../..");

/** How a program of a Debian package ended. */
export interface Ended {
	readonly status: number | null;
	readonly output: string;
}

/** What there is to be had of a program. */
interface Wanted {
	/** Its path inside the first package. */
	readonly program: string;
	/** The package, and those that its libraries come from. */
	readonly packages: readonly string[];
}

/**
 * Where a real program out of a Debian package lies, unpacked below `.cache` and not installed, and the environment in which
 * it finds its libraries. Undefined where there is none to be had: the test's log then says loudly that it was skipped, and
 * where `CI` is `true` the test fails.
 */
export async function debianCommand(
	t: ExecutionContext,
	wanted: Wanted,
): Promise<{ readonly program: string; readonly env: NodeJS.ProcessEnv } | undefined> {
	const script = path.join(root, "scripts/debian-package.mjs");
	const { debianPackage } = (await import(script)) as { debianPackage(name: string): string };
	let folders: string[];
	try {
		folders = wanted.packages.map((name) => debianPackage(name));
	} catch (error) {
		if (!(error instanceof Error) || error.name !== "PackageUnavailable") throw error;
		const reason = `${wanted.program} of Debian's ${wanted.packages[0]} is not to be had here: ${error.message}`;
		if (process.env.CI === "true") throw new Error(reason);
		t.log(`SKIPPED: ${reason}`);
		t.pass();
		return undefined;
	}
	const libraries = folders.flatMap((folder) => {
		const base = path.join(folder, "usr/lib");
		if (!fs.existsSync(base)) return [];
		return [base, ...fs.readdirSync(base).map((name) => path.join(base, name))];
	});
	const env = { ...process.env, LD_LIBRARY_PATH: libraries.join(":") };
	return { program: path.join(folders[0] ?? "", wanted.program), env };
}

/** The same, to be run to its end. */
export async function debianProgram(
	t: ExecutionContext,
	wanted: Wanted,
): Promise<((args: readonly string[], input?: string) => Ended) | undefined> {
	const command = await debianCommand(t, wanted);
	return (
		command &&
		((args, input) => {
			const result = spawnSync(command.program, args, {
				encoding: "utf8",
				env: command.env,
				input: input ?? "",
				timeout: 60_000,
			});
			return { status: result.status, output: `${result.stdout}${result.stderr}` };
		})
	);
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

/** containerd 1.6. */
export const CONTAINERD: Wanted = { program: "usr/bin/containerd", packages: ["containerd"] };

/** CoreOS' own validator, of Ignition 2.14 (spec 3.3). */
export async function ignitionValidate(t: ExecutionContext): Promise<((config: unknown) => Ended) | undefined> {
	const run = await debianProgram(t, { program: "usr/bin/ignition-validate", packages: ["ignition"] });
	return run && ((config) => run(["-"], JSON.stringify(config)));
}

/** The registry of the distribution project, 2.8. */
export const REGISTRY: Wanted = { program: "usr/bin/docker-registry", packages: ["docker-registry"] };
