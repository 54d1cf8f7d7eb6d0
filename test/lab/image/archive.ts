import { lstat, readdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";

const KIND = { folder: 0o040000, file: 0o100000, link: 0o120000, device: 0o020000 } as const;

/** One entry of an initramfs. */
interface Entry {
	readonly path: string;
	readonly mode: number;
	readonly content?: Uint8Array;
	/** Major and minor number of a character device. */
	readonly device?: readonly [major: number, minor: number];
}

/**
 * An initramfs as the kernel unpacks it: a cpio archive of the "newc" format (Documentation/driver-api/early-userspace/buffer-format.rst).
 * Everything belongs to root and is of 1970, so that equal inputs make equal archives.
 */
export async function* initramfs(tree: string): AsyncGenerator<Uint8Array> {
	let inode = 1;
	// The kernel opens its console before anything could be mounted.
	yield* encode({ path: "dev", mode: KIND.folder | 0o755 }, inode++);
	yield* encode({ path: "dev/console", mode: KIND.device | 0o600, device: [5, 1] }, inode++);
	for await (const entry of entriesBelow(tree, "")) yield* encode(entry, inode++);
	yield* encode({ path: "TRAILER!!!", mode: 0 }, 0);
}

async function* entriesBelow(tree: string, below: string): AsyncGenerator<Entry> {
	for (const name of (await readdir(join(tree, below))).sort()) {
		const path = below === "" ? name : `${below}/${name}`;
		if (path === "dev") continue;
		const whole = join(tree, path);
		const found = await lstat(whole);
		const bits = found.mode & 0o7777;
		if (found.isSymbolicLink()) {
			yield { path, mode: KIND.link | 0o777, content: Buffer.from(await readlink(whole)) };
		} else if (found.isDirectory()) {
			yield { path, mode: KIND.folder | bits };
			yield* entriesBelow(tree, path);
		} else if (found.isFile()) {
			yield { path, mode: KIND.file | bits, content: await readFile(whole) };
		}
	}
}

function* encode(entry: Entry, inode: number): Generator<Uint8Array> {
	const name = Buffer.from(`${entry.path}\0`);
	const size = entry.content?.length ?? 0;
	const [major, minor] = entry.device ?? [0, 0];
	const fields = [inode, entry.mode, 0, 0, 1, 0, size, 0, 0, major, minor, name.length, 0];
	const head = `070701${fields.map((field) => field.toString(16).padStart(8, "0")).join("")}`;
	yield padded(Buffer.concat([Buffer.from(head), name]));
	if (entry.content) yield padded(entry.content);
}

/** Header with name, and content, each end at a multiple of four bytes. */
function padded(bytes: Uint8Array): Uint8Array {
	const rest = (4 - (bytes.length % 4)) % 4;
	return rest === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(rest)]);
}
