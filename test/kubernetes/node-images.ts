import { existsSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { unpackPackages } from "../lab/image/debian.ts";
import { nameIptables } from "../lab/image/iptables.ts";
import { type ImageWish, writeImageArchive } from "./image-archive.ts";

/** Programs that are an image with nothing else in it. */
const ALONE = ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd"] as const;
/** Beside etcd in its image: what restores a snapshot. Its script has a shell, as in the image that Kubernetes publishes. */
const RESTORES = "etcdutl";
/** CoreDNS is no part of Kubernetes' own releases: it has an image where it is there. */
export const COREDNS = { program: "coredns", reference: "rollcall.local/coredns:1" } as const;
/** The programs of which images are made. */
export const NODE_PROGRAMS = [...ALONE, RESTORES, "kube-proxy"] as const;

/** flannel's: the daemon, and the plugin that containerd calls. */
export const FLANNEL_PROGRAMS = ["flanneld", "flannel"] as const;

/** True where a folder of programs has CoreDNS. */
export const hasCoreDns = (programs: string): boolean => existsSync(join(programs, COREDNS.program));

/**
 * Writes archives with all images of a cluster, for a site without a registry: one with those that every node runs, and one with what only a
 * control plane runs besides. Real programs throughout: those of Kubernetes and etcd are
 * what `programs` holds, HAProxy and iptables are Debian's, and what holds a pod's namespaces is busybox, asleep.
 */
export async function writeNodeImages(
	files: { readonly everyNode: string; readonly controlPlane: string },
	{
		programs,
		images,
		cache,
		work,
	}: { programs: string; images: ReadonlyMap<string, string>; cache: string; work: string },
): Promise<void> {
	const reference = (name: string): string => {
		const found = images.get(name);
		if (found === undefined) throw new Error(`no rendered manifest names an image ${name}`);
		return found;
	};
	const trees = await mkdtemp(join(work, "trees-"));
	const alone = async (name: string): Promise<string> => {
		const tree = join(trees, name);
		await mkdir(join(tree, "usr/local/bin"), { recursive: true });
		await mkdir(join(tree, "tmp"));
		await copyFile(join(programs, name), join(tree, "usr/local/bin", name));
		return tree;
	};
	const ofControlPlane: ImageWish[] = [];
	for (const name of ALONE) ofControlPlane.push({ reference: reference(name), tree: await alone(name) });
	const etcd = join(trees, "etcd");
	await copyFile(join(programs, RESTORES), join(etcd, "usr/local/bin", RESTORES));
	const shell = join(trees, "shell");
	await unpackPackages({ names: ["bash-static"], beside: "nothing" }, shell, cache);
	await mkdir(join(etcd, "bin"));
	await copyFile(join(shell, "bin/bash-static"), join(etcd, "bin/sh"));
	const wishes: ImageWish[] = [];
	if (hasCoreDns(programs)) {
		const entrypoint = [`/usr/local/bin/${COREDNS.program}`];
		wishes.push({ reference: COREDNS.reference, tree: await alone(COREDNS.program), entrypoint });
	}
	const proxy = join(trees, "kube-proxy");
	await debianTree(proxy, ["iptables", "kmod", "conntrack", "ipset"], cache);
	await mkdir(join(proxy, "usr/local/bin"), { recursive: true });
	await copyFile(join(programs, "kube-proxy"), join(proxy, "usr/local/bin/kube-proxy"));
	await nameIptables(proxy);
	wishes.push({ reference: reference("kube-proxy"), tree: proxy });
	if (images.has("flannel")) wishes.push(...(await flannelImages(trees, { programs, reference, cache })));

	const haproxy = join(trees, "haproxy");
	await debianTree(haproxy, ["haproxy", "dash", "coreutils"], cache);
	wishes.push({ reference: reference("haproxy"), tree: haproxy });

	const pause = join(trees, "pause");
	await debianTree(pause, ["busybox-static"], cache);
	wishes.push({ reference: reference("pause"), tree: pause, entrypoint: ["/bin/busybox", "sleep", "1000000000"] });
	await writeImageArchive(files.everyNode, wishes, join(trees, "archive"));
	await writeImageArchive(files.controlPlane, ofControlPlane, join(trees, "archive"));
	await rm(trees, { recursive: true });
}

/** The images of flannel as it publishes them: the daemon with iptables, and one that has the plugin and can copy it. */
async function flannelImages(
	trees: string,
	{ programs, reference, cache }: { programs: string; reference: (name: string) => string; cache: string },
): Promise<ImageWish[]> {
	const [daemon, plugin] = [join(trees, "flannel"), join(trees, "flannel-cni-plugin")];
	await debianTree(daemon, ["iptables"], cache);
	await nameIptables(daemon);
	await mkdir(join(daemon, "opt/bin"), { recursive: true });
	await copyFile(join(programs, FLANNEL_PROGRAMS[0]), join(daemon, "opt/bin/flanneld"));
	await debianTree(plugin, ["busybox-static"], cache);
	await copyFile(join(plugin, "bin/busybox"), join(plugin, "bin/cp"));
	await copyFile(join(programs, FLANNEL_PROGRAMS[1]), join(plugin, "flannel"));
	return [
		{ reference: reference("flannel"), tree: daemon },
		{ reference: reference("flannel-cni-plugin"), tree: plugin },
	];
}

const UNUSED = [
	"usr/share/doc",
	"usr/share/man",
	"usr/share/locale",
	"usr/share/info",
	"usr/share/lintian",
	"usr/share/perl",
];

async function debianTree(tree: string, names: readonly string[], cache: string): Promise<void> {
	const without = /^(?:perl.*|libperl.*|lib.*-perl|debconf|dpkg|adduser|tzdata|libc-bin|gcc-.*-base)$/;
	await unpackPackages({ names, beside: "nothing", without }, tree, cache);
	for (const path of UNUSED) await rm(join(tree, path), { recursive: true, force: true });
	for (const folder of ["tmp", "run", "var/run", "etc"]) await mkdir(join(tree, folder), { recursive: true });
}
