import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

/** A node's files below a scratch folder, and the commands of its static pods, with all paths moved there. */
export interface MovedTree {
	readonly folder: string;
	/** A path of the node, below the scratch folder. */
	at(path: string): string;
	/** Program and arguments of a static pod's container. */
	command(pod: string): readonly string[];
	/** An argument of a static pod's container, without dashes; empty where there is none. */
	argument(pod: string, name: string): string;
}

/** Folders that the components read or write. */
const MOVED = /(?<![\w/.-])\/(?:etc\/kubernetes|var\/lib\/kubelet|var\/lib\/etcd|var\/log\/kubernetes)(?![\w-])/g;

/** Copies what a machine wrote below its root, and moves the paths in all texts. Keys and certificates stay as they are. */
export function moveTree(root: string, folder: string): MovedTree {
	const moved = (text: string): string => text.replaceAll(MOVED, (path) => `${folder}${path}`);
	for (const name of ["etc/kubernetes", "var/lib/kubelet"]) {
		cpSync(join(root, name), join(folder, name), { recursive: true });
		for (const entry of readdirSync(join(folder, name), { recursive: true, withFileTypes: true })) {
			if (!entry.isFile() || !/\.(?:ya?ml|conf)$/.test(entry.name)) continue;
			const path = join(entry.parentPath, entry.name);
			writeFileSync(path, moved(readFileSync(path, "utf8")));
		}
	}
	// What kubelet's unit makes on a node.
	for (const name of ["var/lib/etcd", "var/log/kubernetes/audit"])
		mkdirSync(join(folder, name), { recursive: true, mode: 0o700 });
	const command = (pod: string): readonly string[] => {
		const file = join(folder, "etc/kubernetes/manifests", `${pod}.yaml`);
		if (!existsSync(file)) throw new Error(`the node has no static pod ${pod}`);
		return (parse(readFileSync(file, "utf8")) as Manifest).spec.containers[0]?.command ?? [];
	};
	return {
		folder,
		at: (path) => join(folder, path),
		command,
		argument: (pod, name) =>
			command(pod)
				.find((word) => word.startsWith(`--${name}=`))
				?.slice(name.length + 3) ?? "",
	};
}

interface Manifest {
	readonly spec: { readonly containers: readonly { readonly command: readonly string[] }[] };
}
