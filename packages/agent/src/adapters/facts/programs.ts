import { statSync } from "node:fs";
import type { Facts, Program } from "@rollcall/protocol";
import { runCommand } from "../command.ts";
import { oneLine } from "./read-text.ts";

/** Where the operating system's and the operator's programs lie. Not below /opt/rollcall: what a target brought is no fact. */
const FOLDERS = ["/opt/bin", "/usr/local/bin", "/usr/local/sbin", "/usr/bin", "/usr/sbin", "/bin", "/sbin"];
/** Where CNI plugins lie: the usual place, Debian's, Fedora's. */
const PLUGIN_FOLDERS = ["/opt/cni/bin", "/usr/lib/cni", "/usr/libexec/cni"];

/** Programs that a node may call, with the argument that makes them say their version. */
const PROGRAMS: Readonly<Record<string, string>> = {
	containerd: "--version",
	"containerd-shim-runc-v2": "-v",
	ctr: "--version",
	runc: "--version",
	crun: "--version",
	kubelet: "--version",
	kubectl: "--help",
	crictl: "--version",
	iptables: "--version",
	ip6tables: "--version",
	nft: "--version",
	ip: "-V",
	conntrack: "--version",
	ipset: "--version",
	"mount.nfs": "-V",
	modprobe: "--version",
	mount: "--version",
};
const PLUGINS = [
	"loopback",
	"bridge",
	"host-local",
	"portmap",
	"flannel",
	"calico",
	"calico-ipam",
	"bandwidth",
	"firewall",
	"ptp",
	"vlan",
	"macvlan",
];
/** A program that does not print its version in this time is reported without it. */
const ANSWER_MS = 2_000;

/** Finds the programs of a machine. Asks a program for its version again only when its file has changed. */
export function createPrograms(
	folders = FOLDERS,
	pluginFolders = PLUGIN_FOLDERS,
): () => Promise<NonNullable<Facts["programs"]>> {
	const asked = new Map<string, { readonly file: string; readonly version: string | undefined }>();
	return async () => {
		const found: Program[] = [];
		for (const [name, argument] of Object.entries(PROGRAMS)) {
			const program = find(name, folders);
			if (!program) continue;
			const known = asked.get(program.path);
			const version = known?.file === program.file ? known.version : await askVersion(program.path, argument);
			asked.set(program.path, { file: program.file, version });
			found.push({ name, path: program.path, ...(version === undefined ? {} : { version }) });
		}
		for (const name of PLUGINS) {
			const program = find(name, pluginFolders);
			if (program) found.push({ name, path: program.path });
		}
		return found;
	};
}

/** Whether bridge(8) is there, whose name is also that of a CNI plugin. */
export function hasBridgeTool(folders = FOLDERS): boolean {
	return find("bridge", folders) !== undefined;
}

/** `file` says when it is another one: its size and time. */
function find(name: string, folders: readonly string[]): { readonly path: string; readonly file: string } | undefined {
	for (const folder of folders) {
		const path = `${folder}/${name}`;
		try {
			const found = statSync(path);
			if (found.isFile() && (found.mode & 0o111) !== 0) return { path, file: `${found.size} ${found.mtimeMs}` };
		} catch {
			// It is not there.
		}
	}
	return undefined;
}

/** The first thing in a program's answer that looks like a version, without its `v`. */
async function askVersion(path: string, argument: string): Promise<string | undefined> {
	if (argument === "--help") return undefined;
	const { stdout, stderr } = await runCommand(path, [argument], ANSWER_MS);
	const version = /(?:^|[\s(:@v])v?(\d+\.\d+(?:\.\d+)?[\w.+~-]*)/.exec(`${stdout}\n${stderr}`.slice(0, 4096))?.[1];
	return oneLine(version, 128);
}
