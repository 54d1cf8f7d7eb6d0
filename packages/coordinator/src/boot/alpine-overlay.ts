import type { BootUser } from "@rollcall/protocol";

/** One entry of an overlay. Paths are relative, without a slash at the end. */
export type OverlayEntry =
	| { readonly kind: "file"; readonly path: string; readonly mode: number; readonly content: string | Uint8Array }
	| { readonly kind: "folder"; readonly path: string; readonly mode: number }
	| { readonly kind: "link"; readonly path: string; readonly target: string };

/** Runs at every start: accounts cannot be part of an overlay, since it would replace the system's own. */
const USERS_SCRIPT = `#!/bin/sh
# Makes the accounts that /etc/rollcall/users names, with their keys and without passwords.
for keys in /etc/rollcall/users/*; do
	[ -f "$keys" ] || continue
	name=\${keys##*/}
	id "$name" >/dev/null 2>&1 || adduser -D "$name"
	home=$(awk -F: -v name="$name" '$1 == name { print $6 }' /etc/passwd)
	mkdir -p -m 700 "$home/.ssh"
	cat "$keys" >"$home/.ssh/authorized_keys"
	chmod 600 "$home/.ssh/authorized_keys"
	chown -R "$name" "$home/.ssh"
	passwd -u "$name" >/dev/null 2>&1
done
`;

const INTERFACES = `auto lo
iface lo inet loopback

auto eth0
iface eth0 inet dhcp
`;

/**
 * The files of an Alpine overlay (`apkovl`): host name, network by DHCP, accounts with keys, SSH. The empty file
 * `.default_boot_services` makes Alpine's initramfs add its usual services, which it leaves out where there is an overlay.
 */
export function alpineOverlay(machine: {
	readonly hostname?: string | undefined;
	readonly users: readonly BootUser[];
}): OverlayEntry[] {
	const file = (path: string, content: string, mode = 0o644): OverlayEntry => ({ kind: "file", path, mode, content });
	const service = (level: string, name: string): OverlayEntry => ({
		kind: "link",
		path: `etc/runlevels/${level}/${name}`,
		target: `/etc/init.d/${name}`,
	});
	const people = machine.users.filter((user) => user.sshKeys.length > 0);
	return [
		...["etc", "etc/apk", "etc/local.d", "etc/network", "etc/rollcall", "etc/rollcall/users", "etc/runlevels"].map(
			(path): OverlayEntry => ({ kind: "folder", path, mode: 0o755 }),
		),
		...["etc/runlevels/boot", "etc/runlevels/default"].map(
			(path): OverlayEntry => ({ kind: "folder", path, mode: 0o755 }),
		),
		file("etc/.default_boot_services", ""),
		...(machine.hostname === undefined ? [] : [file("etc/hostname", `${machine.hostname}\n`)]),
		file("etc/network/interfaces", INTERFACES),
		file("etc/apk/world", people.length > 0 ? "alpine-base\nopenssh\n" : "alpine-base\n"),
		...people.map((user) => file(`etc/rollcall/users/${user.name}`, `${user.sshKeys.join("\n")}\n`, 0o600)),
		file("etc/local.d/rollcall-users.start", USERS_SCRIPT, 0o755),
		service("boot", "networking"),
		service("default", "local"),
		...(people.length > 0 ? [service("default", "sshd")] : []),
	];
}
