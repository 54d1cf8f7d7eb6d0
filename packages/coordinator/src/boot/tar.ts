/** One entry of an archive. Paths are relative, without a slash at the end. */
export type TarEntry =
	| { readonly kind: "file"; readonly path: string; readonly mode: number; readonly content: string | Uint8Array }
	| { readonly kind: "folder"; readonly path: string; readonly mode: number }
	| { readonly kind: "link"; readonly path: string; readonly target: string };

/** A path or a target that the format cannot hold, or that leads out of the archive. */
export class NotInTar extends Error {
	override readonly name = "NotInTar";
}

const BLOCK = 512;
const utf8 = new TextEncoder();
const TYPES = { file: "0", folder: "5", link: "2" } as const;

/**
 * A tar archive (POSIX.1-1988 ustar), all owned by root and dated 1970, so that equal entries give equal bytes. Paths are
 * at most 100 bytes. Throws NotInTar.
 */
export function tarArchive(entries: readonly TarEntry[]): Uint8Array {
	const blocks = entries.flatMap((entry) => {
		const content = entry.kind === "file" ? bytesOf(entry.content) : new Uint8Array();
		const padding = (BLOCK - (content.length % BLOCK)) % BLOCK;
		return [header(entry, content.length), content, new Uint8Array(padding)];
	});
	// Two blocks of zeros end the archive.
	blocks.push(new Uint8Array(2 * BLOCK));
	const archive = new Uint8Array(blocks.reduce((sum, block) => sum + block.length, 0));
	let at = 0;
	for (const block of blocks) {
		archive.set(block, at);
		at += block.length;
	}
	return archive;
}

function bytesOf(content: string | Uint8Array): Uint8Array {
	return typeof content === "string" ? utf8.encode(content) : content;
}

function header(entry: TarEntry, size: number): Uint8Array {
	const block = new Uint8Array(BLOCK);
	const put = (text: string, at: number, length: number) => {
		const bytes = utf8.encode(text);
		if (bytes.length > length)
			throw new NotInTar(`${JSON.stringify(text.slice(0, 120))} is longer than ${length} bytes`);
		block.set(bytes, at);
	};
	const octal = (value: number, at: number, length: number) =>
		put(value.toString(8).padStart(length - 1, "0"), at, length);
	put(checked(entry.path), 0, 100);
	octal(entry.kind === "link" ? 0o777 : entry.mode, 100, 8);
	octal(0, 108, 8);
	octal(0, 116, 8);
	octal(size, 124, 12);
	octal(0, 136, 12);
	put("        ", 148, 8);
	put(TYPES[entry.kind], 156, 1);
	if (entry.kind === "link") put(entry.target, 157, 100);
	put("ustar\u000000", 257, 8);
	put("root", 265, 32);
	put("root", 297, 32);
	const sum = block.reduce((total, byte) => total + byte, 0);
	put(`${sum.toString(8).padStart(6, "0")}\0 `, 148, 8);
	return block;
}

function checked(path: string): string {
	const parts = path.split("/");
	if (path.includes("\0") || parts.some((part) => part === "" || part === "." || part === "..")) {
		throw new NotInTar(`${JSON.stringify(path)} is not a relative path without '.' and '..'`);
	}
	return path;
}
