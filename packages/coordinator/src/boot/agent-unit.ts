import { WRITE_ROOTS } from "@rollcall/protocol";
import { unitText } from "../render/systemd-unit.ts";

/** Where the agent and what it needs lie on a machine. */
export const AGENT_PATHS = {
	binary: "/opt/rollcall/bin/rollcall-agent",
	config: "/etc/rollcall/agent.json",
	token: "/etc/rollcall/enroll-token",
	unit: "rollcall-agent.service",
} as const;

/** What the agent's unit opens for writing: what its targets may name, its own state, and its configuration's folder. */
const AGENT_WRITES: readonly string[] = [
	...WRITE_ROOTS.filter((root) => !/^\/(?:etc|run)\/rollcall\//.test(root)),
	"/etc/rollcall",
	"/run/rollcall",
].sort();

/** What iptables locks where it is the old one, beside every other program that calls it. It opens it for writing, and makes it where it may. */
const XTABLES_LOCK = "/run/xtables.lock";

/**
 * Mounts a tmpfs over the folders for keys where they would lie on a disk or a file server; on systems that live in RAM it does
 * nothing. Before the sandbox is made, since the agent itself may not mount. An overlay lies where its upper half does, a file system in
 * a file where that is; what cannot be seen any more may be anywhere. systemd reads `$$` as `$`. The agent looks the same way at
 * what came of it (`packages/agent/src/adapters/facts/outside-ram.ts`).
 */
const KEYS_IN_RAM = [
	"for d in /etc/kubernetes /var/lib/kubelet /etc/rollcall/role; do p=$$d; for n in 1 2 3 4; do",
	'b=; t="$$(stat -f -c %T "$$p")"; case "$$t" in tmpfs|ramfs|aufs|squashfs) break ;;',
	'overlayfs) b=",$$(findmnt -n -o FS-OPTIONS -T "$$p")"; u="$${b##*,upperdir=}"; u="$${u%%,*}";',
	'[ -e "$$u" ] || u="$${u#/sysroot}"; b=; [ -e "$$u" ] && b="$$(readlink -f "$$u")" ;;',
	'*) s="$$(findmnt -n -o SOURCE -T "$$p")"; s="$${s%%[[]*}"; b="$$(cat "/sys/block/$${s#/dev/}/loop/backing_file" 2>/dev/null)" ;;',
	'esac; t=disk; case "$$b" in /*) p="$${b%/*}/" ;; *) break ;; esac; done;',
	'case "$$t" in tmpfs|ramfs|aufs|squashfs) ;;',
	'*) mount -t tmpfs -o size=20%,mode=0755 rollcall "$$d" || echo "no tmpfs could be mounted on $$d" ;;',
	"esac; done",
].join(" ");

/**
 * The agent's unit: all of the file system read-only but the folders that it writes to, no capability but those to write
 * there whoever owns a file and to set the network of pods, and only the system calls of an ordinary service. Memory that is written and run stays allowed:
 * the agent's runtime compiles (V8).
 */
export function agentUnit(): string {
	return unitText([
		[
			"Unit",
			[
				["Description", "rollcall agent"],
				["Wants", "network-online.target"],
				["After", "network-online.target"],
				["StartLimitIntervalSec", 0],
			],
		],
		[
			"Service",
			[
				["Type", "notify"],
				// systemd-notify is a child of the agent.
				["NotifyAccess", "all"],
				// A folder that is missing when the sandbox is made stays read-only.
				["ExecStartPre", `+/usr/bin/mkdir -p ${[...AGENT_WRITES, "/etc/rollcall/role"].join(" ")}`],
				["ExecStartPre", `+/usr/bin/touch ${XTABLES_LOCK}`],
				["ExecStartPre", `+/bin/sh -c '${KEYS_IN_RAM}'`],
				["ExecStart", { words: [AGENT_PATHS.binary, "run", "--config", AGENT_PATHS.config] }],
				["Restart", "always"],
				["RestartSec", 2],
				["WatchdogSec", 60],
				["TimeoutStartSec", 90],
				["TimeoutStopSec", 15],
				["OOMScoreAdjust", -900],
				["UMask", "0077"],
				// A core dump would hold the keys of this boot.
				["LimitCORE", 0],
				["RuntimeDirectory", "rollcall"],
				["RuntimeDirectoryMode", "0700"],
				["RuntimeDirectoryPreserve", "yes"],
				...HARDENING,
				["ReadWritePaths", { list: [...AGENT_WRITES, XTABLES_LOCK].map((path) => `-${path}`) }],
			],
		],
		["Install", [["WantedBy", "multi-user.target"]]],
	]);
}

const HARDENING: readonly (readonly [string, string | boolean | { list: readonly string[] }])[] = [
	["ProtectSystem", "strict"],
	["ProtectHome", true],
	["PrivateTmp", true],
	// In place of PrivateDevices, which would hide the TPM: no device can be opened but those of every process, and it.
	["DevicePolicy", "closed"],
	["DeviceAllow", "/dev/tpmrm0 rw"],
	["ProtectClock", true],
	["ProtectControlGroups", true],
	["ProtectHostname", true],
	["ProtectKernelLogs", true],
	["ProtectKernelModules", true],
	["ProtectKernelTunables", true],
	["NoNewPrivileges", true],
	// Files of other owners; and the routes, bridges and masquerading of pods, for which the old iptables opens a raw socket.
	["CapabilityBoundingSet", { list: ["CAP_DAC_OVERRIDE", "CAP_NET_ADMIN", "CAP_NET_RAW"] }],
	["LockPersonality", true],
	["RestrictNamespaces", true],
	["RestrictRealtime", true],
	["RestrictSUIDSGID", true],
	// Netlink is how the list of interfaces is read.
	["RestrictAddressFamilies", { list: ["AF_UNIX", "AF_INET", "AF_INET6", "AF_NETLINK"] }],
	["SystemCallArchitectures", "native"],
	["SystemCallFilter", "@system-service"],
	["SystemCallErrorNumber", "EPERM"],
	["KeyringMode", "private"],
	["RemoveIPC", true],
];
