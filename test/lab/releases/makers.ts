import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { kubernetesFiles } from "@rollcall/coordinator/command-line";
import { debianFolders } from "@rollcall/test-support/part";

const run = promisify(execFile);
/** Debian's packages of what makers publish for nodes, but for what is Kubernetes' own. */
export const RELEASED_PACKAGES = ["containerd", "runc", "containernetworking-plugins"] as const;

/** Programs of a release of Kubernetes, by their files. */
export interface KubernetesPrograms {
	readonly kubelet: string;
	readonly kubectl: string;
	readonly crictl: string;
}

/**
 * Fills a folder as the makers' addresses have it for a release of Kubernetes, for x86-64: programs, archives with what else is in theirs, and files of sums in each maker's own form.
 * containerd, runc and the CNI plugins are Debian's, whatever the release's number says.
 */
export async function writeReleases(folder: string, version: string, programs: KubernetesPrograms): Promise<void> {
	const [containerd = "", runc = "", plugins = ""] = await debianFolders(RELEASED_PACKAGES);
	const numbers = numbersOf(version);
	const kubernetes = join(folder, `dl.k8s.io/v${version}/bin/linux/amd64`);
	const github = (path: string) => join(folder, "github.com", path);
	for (const name of ["kubelet", "kubectl"] as const) {
		const file = await copied(programs[name], join(kubernetes, name));
		await writeFile(`${file}.sha256`, await sumOf(file));
	}
	const work = await mkdtemp(join(folder, "work-"));
	const packed = async (tree: string, members: readonly string[], file: string, sums: string) => {
		await mkdir(dirname(file), { recursive: true });
		const alike = ["--owner=0", "--group=0", "--mtime=@0", "--sort=name", "--dereference"];
		await run("tar", ["-C", tree, ...alike, "-I", "gzip -1", "-cf", file, ...members]);
		await writeFile(`${file}${sums}`, `${await sumOf(file)}  ${basename(file)}\n`);
	};
	const crictl = join(work, "crictl");
	await copied(programs.crictl, join(crictl, "crictl"));
	const tools = github(`kubernetes-sigs/cri-tools/releases/download/v${numbers.crictl}`);
	await packed(crictl, ["crictl"], join(tools, `crictl-v${numbers.crictl}-linux-amd64.tar.gz`), ".sha256");
	const bin = join(work, "containerd/bin");
	await mkdir(bin, { recursive: true });
	for (const name of await readdir(join(containerd, "usr/bin")))
		await symlink(join(containerd, "usr/bin", name), join(bin, name));
	const daemon = github(`containerd/containerd/releases/download/v${numbers.containerd}`);
	await packed(
		dirname(bin),
		["bin"],
		join(daemon, `containerd-${numbers.containerd}-linux-amd64.tar.gz`),
		".sha256sum",
	);
	const runner = github(`opencontainers/runc/releases/download/v${numbers.runc}`);
	const file = await copied(join(runc, "usr/sbin/runc"), join(runner, "runc.amd64"));
	const others = ["libseccomp-2.5.6.tar.gz", "runc.arm64", "runc.tar.xz"].map((name) => `${"0".repeat(64)}  ${name}\n`);
	await writeFile(join(runner, "runc.sha256sum"), `${await sumOf(file)}  runc.amd64\n${others.join("")}`);
	const network = github(`containernetworking/plugins/releases/download/v${numbers.plugins}`);
	const name = `cni-plugins-linux-amd64-v${numbers.plugins}.tgz`;
	await packed(join(plugins, "usr/lib/cni"), ["."], join(network, name), ".sha256");
	await rm(work, { recursive: true });
}

/** The releases beside Kubernetes' own that are fetched with it: their numbers alone, since the makers' layout is what is played here. */
function numbersOf(version: string) {
	const names = (kubernetesFiles(version, "x64") ?? []).map((one) => one.name).join("\n");
	const numberOf = (maker: string): string => new RegExp(`^${maker}/v([\\d.]+)/`, "m").exec(names)?.[1] ?? "";
	const [crictl, containerd, runc, plugins] = ["crictl", "containerd", "runc", "cni-plugins"].map(numberOf);
	return { crictl, containerd, runc, plugins };
}

async function copied(from: string, to: string): Promise<string> {
	await mkdir(dirname(to), { recursive: true });
	await copyFile(from, to);
	return to;
}

async function sumOf(file: string): Promise<string> {
	const hash = createHash("sha256");
	await pipeline(createReadStream(file), hash);
	return hash.digest("hex");
}

/** What stands in for a program that Debian has not and nobody calls: it says so. */
export async function standInFor(name: string, folder: string): Promise<string> {
	const file = join(folder, name);
	await writeFile(file, `#!/bin/sh\necho "a stand-in for ${name}" >&2\nexit 1\n`, { mode: 0o755 });
	return file;
}

/** The text of the lab's stand-in for kubelet. */
export async function standInKubelet(): Promise<string> {
	return await readFile(join(import.meta.dirname, "../image/system/kubelet"), "utf8");
}
