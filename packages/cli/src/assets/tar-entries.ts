import { usageFailure } from "../errors.ts";

const BLOCK = 512;
/** A header of pax or GNU tar that holds a long name. */
const MAX_HEADER_BYTES = 64 * 1024;

/** A regular file of an archive. Its content must be read, or left, before the next one is asked for. */
export interface TarEntry {
	readonly name: string;
	readonly sizeBytes: number;
	readonly content: AsyncIterable<Buffer>;
}

/**
 * The regular files of a tar archive, one after the other, without ever holding one in memory: ustar (POSIX.1-1988), pax
 * (POSIX.1-2001) and GNU long names. Links and everything else are passed over. Throws Failure for what is no archive.
 */
export async function* tarEntries(archive: AsyncIterable<Buffer>, path: string): AsyncGenerator<TarEntry> {
	const reader = new Reader(archive, path);
	let longName: string | undefined;
	let longSize: number | undefined;
	for (;;) {
		const header = await reader.take(BLOCK, true);
		if (header === undefined || header.every((byte) => byte === 0)) return;
		if (checksumOf(header) !== octal(header, 148, 8)) throw usageFailure(`${path}: it is not a tar archive`);
		const sizeBytes = longSize ?? octal(header, 124, 12);
		const kind = String.fromCharCode(header[156] ?? 0);
		const padding = (BLOCK - (sizeBytes % BLOCK)) % BLOCK;
		if (kind === "x" || kind === "L") {
			if (sizeBytes > MAX_HEADER_BYTES) throw usageFailure(`${path}: a name in it is too long`);
			const text = ((await reader.take(sizeBytes)) ?? Buffer.alloc(0)).toString("utf8");
			await reader.skip(padding);
			if (kind === "L") longName = text.replace(/\0.*$/s, "");
			else {
				longName = paxField(text, "path") ?? longName;
				const size = paxField(text, "size");
				longSize = size === undefined ? longSize : Number(size);
			}
			continue;
		}
		const name = longName ?? shortName(header);
		longName = undefined;
		longSize = undefined;
		let left = sizeBytes;
		const content = reader.some(
			() => left,
			(taken) => {
				left -= taken;
			},
		);
		if (kind === "0" || kind === "\0") yield { name, sizeBytes, content };
		await reader.skip(left + padding);
	}
}

/** Takes bytes off a stream in the portions that are wanted. */
class Reader {
	readonly #source: AsyncIterator<Buffer>;
	readonly #path: string;
	#rest: Buffer = Buffer.alloc(0);

	constructor(source: AsyncIterable<Buffer>, path: string) {
		this.#source = source[Symbol.asyncIterator]();
		this.#path = path;
	}

	/** Exactly so many bytes; undefined where the stream is at its end already and it may be. */
	async take(length: number, mayEnd = false): Promise<Buffer | undefined> {
		const parts: Buffer[] = [];
		for (let missing = length; missing > 0; ) {
			const part = await this.#next(missing);
			if (!part && mayEnd && parts.length === 0) return undefined;
			if (!part) throw usageFailure(`${this.#path}: it ends in the middle of a file`);
			parts.push(part);
			missing -= part.length;
		}
		return Buffer.concat(parts);
	}

	async skip(length: number): Promise<void> {
		for (let left = length; left > 0; ) {
			const part = await this.#next(left);
			if (!part) throw usageFailure(`${this.#path}: it ends in the middle of a file`);
			left -= part.length;
		}
	}

	/** What is left of a file, as it comes. */
	async *some(left: () => number, onTaken: (length: number) => void): AsyncGenerator<Buffer> {
		while (left() > 0) {
			const part = await this.#next(left());
			if (!part) throw usageFailure(`${this.#path}: it ends in the middle of a file`);
			onTaken(part.length);
			yield part;
		}
	}

	async #next(most: number): Promise<Buffer | undefined> {
		while (this.#rest.length === 0) {
			const { value, done } = await this.#source.next();
			if (done) return undefined;
			this.#rest = value;
		}
		const part = this.#rest.subarray(0, most);
		this.#rest = this.#rest.subarray(part.length);
		return part;
	}
}

function octal(header: Buffer, start: number, length: number): number {
	// GNU's form for sizes of 8 GiB and more: the first bit is set, the rest is binary.
	if (((header[start] ?? 0) & 0x80) !== 0) return Number(header.readBigUInt64BE(start + length - 8));
	return Number.parseInt(header.toString("latin1", start, start + length).replaceAll(/[\0 ]/g, "") || "0", 8);
}

function checksumOf(header: Buffer): number {
	return header.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 32 : byte), 0);
}

function shortName(header: Buffer): string {
	const text = (start: number, length: number) => header.toString("utf8", start, start + length).replace(/\0.*$/s, "");
	const prefix = text(257, 5) === "ustar" && header[262] === 0 ? text(345, 155) : "";
	return prefix ? `${prefix}/${text(0, 100)}` : text(0, 100);
}

/** A field of a pax header: `LENGTH KEY=VALUE\n`. */
function paxField(text: string, key: string): string | undefined {
	return new RegExp(`^\\d+ ${key}=(.*)$`, "m").exec(text)?.[1];
}
