import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ownFolder, type Scope } from "@rollcall/test-support/own-folder";
import { debianFolders } from "@rollcall/test-support/part";
import { type Running, run } from "@rollcall/test-support/running";
import { repository } from "./places.ts";

const DNSMASQ = ["dnsmasq-base", "libnetfilter-conntrack3", "libnftables1", "libnfnetlink0", "libmnl0", "libnftnl11"];
const LIBRARIES = ["libxtables12", "libjansson4", "libedit2", "libidn2-0", "libunistring2"];
/** Debian's packages with the DHCP server of the page, and what it is linked with. */
export const PAGE_PACKAGES = [...DNSMASQ, ...LIBRARIES];

/** How the commands of the page for a first room are run. */
export interface PageWish {
	/** Words that make a command run on the coordinator's machine. */
	readonly onHost: readonly string[];
	/** Lines for a shell, in order; what stands in `lines` is no command of the page. */
	readonly commands: readonly (string | { readonly lines: string })[];
	/** A folder with what makers publish, in place of the internet. */
	readonly releases: string;
	/** The program of the agent that the coordinator packs. */
	readonly agent: string;
	/** Lines before the commands, which may start a DHCP server by the words of `$DHCP`. */
	readonly before?: readonly string[];
	/** What stands in /usr/lib/ipxe, a folder; without it files that hold their names. */
	readonly ipxe?: string;
	readonly environment?: Readonly<Record<string, string>>;
}

/** The shell words that start the real dnsmasq. */
async function dnsmasqWords(): Promise<string> {
	const [dnsmasq = "", ...libraries] = await debianFolders(PAGE_PACKAGES);
	const library = [...libraries, dnsmasq].map((one) => join(one, "usr/lib/x86_64-linux-gnu")).join(":");
	return `env LD_LIBRARY_PATH=${library} ${dnsmasq}/usr/sbin/dnsmasq --user=root --group=root --no-ping --keep-in-foreground --pid-file=`;
}

/**
 * Runs commands of the page where /opt, /etc and the like are the test's own, with stand-ins for what installs and starts; what they started ends with them, and all of it with `t`. The output has a line
 * before each, `--- COMMAND`.
 */
export async function runPage(t: Scope, wish: PageWish): Promise<Running> {
	const folder = ownFolder(t, "rollcall-page-");
	const server = await dnsmasqWords();
	const bin = join(folder, "bin");
	// NOT systemd, apt or git: they stand in their places, and start the real coordinator and the real dnsmasq.
	const standIns = {
		"apt-get": "exit 0",
		git: "exit 0",
		npm: "exit 0",
		timedatectl: "echo yes",
		systemctl: `case "$*" in
*rollcall-coordinator) setsid $(sed -n 's/^ExecStart=//p' /etc/systemd/system/rollcall-coordinator.service) >${folder}/coordinator.log 2>&1 & ;;
"restart dnsmasq") ${server} -C /etc/dnsmasq.d/rollcall.conf --dhcp-leasefile=${folder}/leases --log-facility=- >${folder}/dnsmasq.log 2>&1 & sleep 1 ;;
esac`,
	};
	for (const one of [bin, join(folder, "work"), join(folder, "live")]) mkdirSync(one);
	for (const [name, text] of Object.entries(standIns))
		writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
	for (const name of ["vmlinuz", "initrd.img", "filesystem.squashfs"]) writeFileSync(join(folder, "live", name), name);
	const over = (path: string) => {
		const [upper, work] = ["u", "w"].map((kind) => `${folder}/work/${kind}${path.replaceAll("/", "-")}`);
		return `mkdir ${upper} ${work}; mount -t overlay rollcall-test -o lowerdir=${path},upperdir=${upper},workdir=${work} ${path}`;
	};
	const ipxe =
		wish.ipxe === undefined
			? "for one in undionly.kpxe ipxe.efi; do echo $one > /usr/lib/ipxe/$one; done"
			: `mount --bind ${wish.ipxe} /usr/lib/ipxe`;
	const text = [
		"set -e",
		`mount -t tmpfs rollcall-test ${folder}/work`,
		...["/etc", "/usr/lib"].map(over),
		...["/opt", "/srv", "/root", "/var/lib"].map((path) => `mount -t tmpfs rollcall-test ${path}`),
		`mkdir -p /opt/rollcall /usr/lib/ipxe /etc/dnsmasq.d && mount --bind ${repository} /opt/rollcall`,
		`cp -r ${folder}/live /srv/debian-live; ${ipxe}`,
		`mount --bind ${wish.agent} /opt/rollcall/dist/agent/rollcall-agent`,
		`mount -t tmpfs rollcall-test /usr/local/bin; export HOME=/root PATH=${bin}:/usr/local/bin:$PATH DHCP='${server}'`,
		...(wish.before ?? []),
		...wish.commands.map((command) => {
			if (typeof command !== "string") return command.lines;
			const here = command.startsWith("rollcall assets fetch") ? `${command} --from ${wish.releases}` : command;
			return `echo '--- ${command.replaceAll("'", "'\\''")}'\n${here}`;
		}),
	].join("\n");
	const file = join(folder, "page.sh");
	writeFileSync(file, `${text}\n`);
	const apart = ["unshare", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child", "sh", file];
	const [ip = "ip", ...words] = [...wish.onHost, ...apart];
	const started = run(ip, words, { ...wish.environment });
	t.teardown(() => started.end("SIGKILL"));
	return started;
}
