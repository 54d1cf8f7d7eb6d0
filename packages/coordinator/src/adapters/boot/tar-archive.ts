import { pack } from "tar-stream";
import type { OverlayEntry } from "../../boot/alpine-overlay.ts";

const TYPES = { file: "file", folder: "directory", link: "symlink" } as const;
const DATED = new Date(0);

/**
 * A tar archive, all owned by root and dated 1970, so that equal entries give equal bytes. Throws an Error for a path that
 * leads out of the archive.
 */
export async function tarArchive(entries: readonly OverlayEntry[]): Promise<Buffer> {
	const archive = pack();
	for (const entry of entries) {
		const header = { name: checked(entry.path), type: TYPES[entry.kind], mtime: DATED, uname: "root", gname: "root" };
		if (entry.kind === "link") archive.entry({ ...header, mode: 0o777, linkname: entry.target });
		else archive.entry({ ...header, mode: entry.mode }, entry.kind === "file" ? Buffer.from(entry.content) : "");
	}
	archive.finalize();
	const parts: Buffer[] = [];
	for await (const part of archive as AsyncIterable<Buffer>) parts.push(part);
	return Buffer.concat(parts);
}

function checked(path: string): string {
	const parts = path.split("/");
	if (path.includes("\0") || parts.some((part) => part === "" || part === "." || part === ".."))
		throw new Error(`${JSON.stringify(path)} is not a relative path without '.' and '..'`);
	return path;
}
