import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { TarError } from "../../errors.ts";

/** One regular file of an archive. `content` must be read to its end before the next entry. */
export interface TarEntry {
	readonly name: string;
	readonly size: number;
	readonly content: AsyncIterable<Buffer>;
}

const BLOCK = 512;
/** The most bytes of long names and attributes of one entry (pax, GNU). */
const MOST_EXTRA = 64 * 1024;
const GZIP = Buffer.from([0x1f, 0x8b]);
const ZSTD = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

/**
 * The regular files of a tar archive (POSIX.1-2001 pax, ustar, GNU long names), plain or compressed with gzip or zstd, as the
 * file's first bytes say. Contents pass through in pieces. Throws TarError; also when it unpacks to more than `mostBytes`.
 */
export async function* tarEntries(path: string, mostBytes: number): AsyncGenerator<TarEntry> {
	const reader = new Reader(await decompressed(path), mostBytes);
	try {
		let longName: string | undefined;
		let longSize: number | undefined;
		for (;;) {
			const header = await reader.exactly(BLOCK);
			if (!header || header.every((byte) => byte === 0)) return;
			if (!hasChecksum(header)) throw new TarError("not a tar archive, or a damaged one");
			const type = String.fromCharCode(header[156] ?? 0);
			if (type === "L" || type === "x") {
				const size = sizeOf(header);
				if (size > MOST_EXTRA) throw new TarError(`an entry has ${size} bytes of names and attributes`);
				const extra = (await reader.exactly(padded(size)))?.subarray(0, size) ?? Buffer.alloc(0);
				const records = type === "x" ? paxRecords(extra) : undefined;
				longName = records ? (records.get("path") ?? longName) : text(extra);
				longSize = paxSize(records?.get("size")) ?? longSize;
				continue;
			}
			const name = longName ?? nameOf(header);
			const size = longSize ?? sizeOf(header);
			longName = undefined;
			longSize = undefined;
			const content = reader.take(size);
			if (type === "0" || type === "\0") yield { name: name.replace(/^(?:\.\/)+/, ""), size, content };
			for await (const _ of content);
			await reader.exactly(padded(size) - size);
		}
	} finally {
		reader.end();
	}
}

async function decompressed(path: string): Promise<AsyncIterable<Buffer>> {
	const file = await open(path, "r");
	const start = Buffer.alloc(ZSTD.length);
	await file.read(start, 0, start.length, 0);
	await file.close();
	const source = createReadStream(path);
	const through = start.subarray(0, 2).equals(GZIP)
		? createGunzip()
		: start.equals(ZSTD)
			? createZstdDecompress()
			: undefined;
	if (!through) return source;
	// The reader gets the errors of both.
	pipeline(source, through).catch(() => {});
	return through;
}

/** Takes pieces of given lengths from a stream, and counts what comes. */
class Reader {
	readonly #source: AsyncIterator<Buffer>;
	readonly #mostBytes: number;
	#rest: Buffer = Buffer.alloc(0);
	#bytes = 0;

	constructor(source: AsyncIterable<Buffer>, mostBytes: number) {
		this.#source = source[Symbol.asyncIterator]();
		this.#mostBytes = mostBytes;
	}

	/** The next `length` bytes at once; undefined at the end of the stream. */
	async exactly(length: number): Promise<Buffer | undefined> {
		const parts: Buffer[] = [];
		for await (const part of this.take(length, true)) parts.push(part);
		const whole = Buffer.concat(parts);
		if (whole.length === length) return whole;
		if (whole.length === 0) return undefined;
		throw new TarError("the archive ends in the middle of an entry");
	}

	/** The next `length` bytes, as they come; what was read of it already is not read again. */
	async *take(length: number, mayEnd = false): AsyncGenerator<Buffer> {
		let left = length;
		while (left > 0) {
			const piece = this.#rest.length > 0 ? this.#rest : await this.#next();
			if (!piece) {
				if (mayEnd) return;
				throw new TarError("the archive ends in the middle of an entry");
			}
			const part = piece.subarray(0, left);
			this.#rest = piece.subarray(part.length);
			left -= part.length;
			yield part;
		}
	}

	end(): void {
		void this.#source.return?.();
	}

	async #next(): Promise<Buffer | undefined> {
		const { done, value } = await this.#source.next().catch((error: Error) => {
			throw new TarError(`the archive cannot be unpacked: ${error.message}`);
		});
		if (done) return undefined;
		this.#bytes += value.length;
		if (this.#bytes > this.#mostBytes) throw new TarError(`the archive unpacks to more than ${this.#mostBytes} bytes`);
		return value;
	}
}

function padded(size: number): number {
	return Math.ceil(size / BLOCK) * BLOCK;
}

function text(bytes: Buffer): string {
	const end = bytes.indexOf(0);
	return bytes.toString("utf8", 0, end < 0 ? bytes.length : end);
}

/** ustar has a second part for the beginning of long names. */
function nameOf(header: Buffer): string {
	const name = text(header.subarray(0, 100));
	const isUstar = header.toString("latin1", 257, 263) === "ustar\0";
	const prefix = isUstar ? text(header.subarray(345, 500)) : "";
	return prefix === "" ? name : `${prefix}/${name}`;
}

/** Octal text, or binary where the first bit is set (GNU). */
function sizeOf(header: Buffer): number {
	const field = header.subarray(124, 136);
	const size =
		((field[0] ?? 0) & 0x80) !== 0
			? Number(field.readBigUInt64BE(4) & 0x7fff_ffff_ffff_ffffn)
			: Number.parseInt(text(field).trim() || "0", 8);
	if (!Number.isSafeInteger(size) || size < 0) throw new TarError("an entry has no size that can be read");
	return size;
}

/** The size in a pax header: decimal. */
function paxSize(value: string | undefined): number | undefined {
	if (value === undefined) return undefined;
	const size = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
	if (!Number.isSafeInteger(size)) throw new TarError("an entry has no size that can be read");
	return size;
}

/** The sum of all bytes, with the sum's own field as spaces. */
function hasChecksum(header: Buffer): boolean {
	const declared = Number.parseInt(text(header.subarray(148, 156)).trim(), 8);
	let sum = 0;
	for (let at = 0; at < BLOCK; at++) sum += at >= 148 && at < 156 ? 32 : (header[at] ?? 0);
	return sum === declared;
}

/**
 * The records of a pax header, `LENGTH KEY=VALUE\n` (POSIX.1-2017, pax, extended header). Each is as long as it says, whatever
 * stands in its value. Throws TarError for what is not made like this: another reader might find another name there.
 */
function paxRecords(bytes: Buffer): ReadonlyMap<string, string> {
	const records = new Map<string, string>();
	for (let at = 0; at < bytes.length; ) {
		const [digits = ""] = /^[1-9]\d{0,5}(?= )/.exec(bytes.toString("latin1", at, at + 7)) ?? [];
		const record = bytes.subarray(at, at + Number(digits));
		const equals = record.indexOf("=");
		if (equals < digits.length + 2 || record.length !== Number(digits) || record.at(-1) !== 0x0a)
			throw new TarError("an entry's extended header cannot be read");
		records.set(
			record.toString("utf8", digits.length + 1, equals),
			record.toString("utf8", equals + 1, record.length - 1),
		);
		at += record.length;
	}
	return records;
}
