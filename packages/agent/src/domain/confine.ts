/** True when `path` (absolute, normalised) lies below one of `roots`; a root itself does not. */
export function isBelow(path: string, roots: readonly string[]): boolean {
	return roots.some((root) => path.startsWith(`${root}/`) && path.length > root.length + 1);
}

/** The write root that `path` lies below, the longest one. */
export function rootOf(path: string, roots: readonly string[]): string | undefined {
	return roots.filter((root) => isBelow(path, [root])).sort((a, b) => b.length - a.length)[0];
}

/** The folder of an absolute path; `/` for what lies in the root. */
export function folderOf(path: string): string {
	return path.slice(0, Math.max(1, path.lastIndexOf("/")));
}

/** Folders that hold keys. */
const KEY_FOLDERS = ["/etc/kubernetes/pki", "/etc/kubernetes/encryption", "/var/lib/kubelet/pki"];

/** Permission bits of a folder that the agent creates: keys are for root only. */
export function folderMode(folder: string): number {
	return KEY_FOLDERS.some((root) => folder === root || folder.startsWith(`${root}/`)) ? 0o700 : 0o755;
}

/** All folders above `path` and below `root`, `root` included, outermost first. */
export function foldersBetween(root: string, path: string): string[] {
	const folders: string[] = [];
	for (let folder = folderOf(path); folder.length >= root.length; folder = folderOf(folder)) {
		folders.unshift(folder);
		if (folder === root || folder === "/") break;
	}
	return folders;
}
