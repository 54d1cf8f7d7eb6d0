import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { TarError, tarEntries } from "@rollcall/agent/parsers";
import { holds, type Parser, refused, TAKEN } from "../parser.ts";

/** More than any seed unpacks to, and less than a bomb does. */
const MOST_UNPACKED = 1024 * 1024;

/** What agents unpack. */
export const ARCHIVE_PARSERS: readonly Parser[] = [
	{
		name: "tar",
		seeds: () => {
			const plain = Buffer.concat([
				pax([
					["path", "long/a"],
					["size", "5"],
				]),
				entry({ name: "a", content: "hello" }),
				entry({ name: "././@LongLink", content: "a/long/name", type: "L" }),
				entry({ name: "b", content: "x".repeat(600) }),
				entry({ name: "link", content: "", type: "2" }),
				Buffer.alloc(1024),
			]);
			return [plain, entry({ name: "only", content: "1" }), gzipSync(plain), zstdCompressSync(plain)];
		},
		async feed(bytes) {
			const folder = mkdtempSync(join(tmpdir(), "rollcall-fuzz-tar-"));
			const path = join(folder, "archive");
			writeFileSync(path, withSums(bytes));
			let unpacked = 0;
			let count = 0;
			try {
				for await (const { name, size, content } of tarEntries(path, MOST_UNPACKED)) {
					count += 1;
					holds(typeof name === "string" && Number.isSafeInteger(size) && size >= 0, "an entry has no name or size");
					let length = 0;
					for await (const piece of content) length += piece.length;
					holds(length === size, `an entry of ${size} bytes has ${length}`);
					unpacked += length;
				}
				holds(unpacked <= MOST_UNPACKED, "it unpacked more than it may");
				return count === 0 ? refused("no file") : TAKEN;
			} catch (error) {
				if (error instanceof TarError) return refused(error.message);
				throw error;
			} finally {
				rmSync(folder, { recursive: true });
			}
		},
	},
];

function entry({ name, content, type = "0" }: { name: string; content: string; type?: string }): Buffer {
	const header = Buffer.alloc(512);
	header.write(name, 0, "latin1");
	header.write("0000644\0", 100, "latin1");
	header.write(`${Buffer.byteLength(content).toString(8).padStart(11, "0")} `, 124, "latin1");
	header.write("        ", 148, "latin1");
	header.write(type, 156, "latin1");
	header.write("ustar\x0000", 257, "latin1");
	const body = Buffer.alloc(Math.ceil(Buffer.byteLength(content) / 512) * 512);
	body.write(content);
	return withSums(Buffer.concat([header, body]));
}

function pax(records: readonly (readonly [string, string])[]): Buffer {
	const lines = records.map(([key, value]) => {
		const rest = ` ${key}=${value}\n`;
		const length = rest.length + String(rest.length + 2).length;
		return `${length}${rest}`;
	});
	return entry({ name: "PaxHeader", content: lines.join(""), type: "x" });
}

/** The sum of each block that looks like a header is made right, or nothing behind the first changed byte would be read. */
function withSums(bytes: Uint8Array): Buffer {
	const copy = Buffer.from(bytes);
	for (let at = 0; at + 512 <= copy.length; at += 512) {
		if (copy.toString("latin1", at + 257, at + 262) !== "ustar") continue;
		copy.write("        ", at + 148, "latin1");
		let sum = 0;
		for (let index = at; index < at + 512; index++) sum += copy[index] ?? 0;
		copy.write(`${sum.toString(8).padStart(6, "0")}\0 `, at + 148, "latin1");
	}
	return copy;
}
