import { statSync } from "node:fs";
import type { Facts, Program } from "@rollcall/protocol";
import { runCommand } from "../command.ts";
import { oneLine } from "./read-text.ts";

/** Where the operating system's and the operator's programs lie. Not below /opt/rollcall: what a target brought is no fact. */
const FOLDERS = ["/opt/bin", "/usr/local/bin", "/usr/local/sbin", "/usr/bin", "/usr/sbin", "/bin", "/sbin"];
/** Where CNI plugins lie: the usual place, Debian's, Fedora's. */
const PLUGIN_FOLDERS = ["/opt/cni/bin", "/usr/lib/cni", "/usr/libexec/cni"];

/** Programs that a node may call, with the words that make them say their version. */
const PROGRAMS: Readonly<Record<string, string>> = {
	containerd: "--version",
	"containerd-shim-runc-v2": "-v",
	ctr: "--version",
	runc: "--version",
	crun: "--version",
	kubelet: "--version",
	kubectl: "version --client",
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
/** What Calico's plugins take; the others of the CNI project and flannel's say their version whatever they are given, without CNI_COMMAND. */
const PLUGIN_VERSION = "-v";
/** A program that does not print its version in this time is reported without it. */
const ANSWER_MS = 2_000;
/** So many programs are asked at once: each mostly waits for its file to be read. */
const AT_ONCE = 4;

/** Finds the programs of a machine. Asks a program for its version again only when its file has changed. */
export function createPrograms(
	folders = FOLDERS,
	pluginFolders = PLUGIN_FOLDERS,
): () => Promise<NonNullable<Facts["programs"]>> {
	const asked = new Map<string, { readonly file: string; readonly version: string | undefined }>();
	const look = async (name: string, among: readonly string[], words: string): Promise<Program[]> => {
		const program = find(name, among);
		if (!program) return [];
		const known = asked.get(program.path);
		const version = known?.file === program.file ? known.version : await askVersion(program.path, words);
		asked.set(program.path, { file: program.file, version });
		return [{ name, path: program.path, ...(version === undefined ? {} : { version }) }];
	};
	return async () => {
		const looks = [
			...Object.entries(PROGRAMS).map(
				([name, words]) =>
					() =>
						look(name, folders, words),
			),
			...PLUGINS.map((name) => () => look(name, pluginFolders, PLUGIN_VERSION)),
		];
		const found: Program[][] = [];
		const left = looks.entries();
		const some = async () => {
			for (const [place, next] of left) found[place] = await next();
		};
		await Promise.all(Array.from({ length: AT_ONCE }, some));
		return found.flat();
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

/** The first thing in a program's answer that looks like a version, without its `v`. Plugins tell behind it which versions of CNI they speak. */
async function askVersion(path: string, words: string): Promise<string | undefined> {
	const { stdout, stderr } = await runCommand(path, words.split(" "), ANSWER_MS);
	const [text = ""] = `${stdout}\n${stderr}`.slice(0, 4096).split("CNI protocol versions");
	const version = /(?:^|[\s(:@v])v?(\d+\.\d+(?:\.\d+)?[\w.+~-]*)/.exec(text)?.[1];
	return oneLine(version, 128);
}
