import type { Disk } from "@rollcall/agent/simulator";

interface Node {
	readonly type: "file" | "folder";
	readonly mode: number;
	readonly bytes: Buffer;
	readonly stamp: string;
}

const NOTHING = Buffer.alloc(0);

/** The tmpfs of a boot: names that lead to files, as many names a file as are linked. It can be full. */
export class RamDisk implements Disk {
	/** Nothing can be created. */
	full = false;
	readonly #nodes = new Map<string, Node>();
	readonly #changed: (path: string) => void;
	#stamp = 0;

	/** `changed`: something else stands at a path from now on. */
	constructor(changed: (path: string) => void) {
		this.#changed = changed;
	}

	standing(path: string): ReturnType<Disk["standing"]> {
		const node = this.#nodes.get(path);
		return node && { type: node.type, mode: node.mode, size: node.bytes.length, stamp: node.stamp };
	}

	read(path: string): Buffer {
		return this.#at(path).bytes;
	}

	create(path: string, content: Buffer, mode: number): void {
		if (this.#nodes.has(path)) throw failed("EEXIST", path);
		if (this.full) throw failed("ENOSPC", path);
		this.#put(path, { type: "file", mode, bytes: content, stamp: this.#next() });
	}

	async sync(): Promise<void> {}

	rename(from: string, to: string): void {
		const node = this.#at(from);
		// rename(2) does nothing when both names are the same file.
		if (this.#nodes.get(to) === node) return;
		this.#nodes.delete(from);
		this.#put(to, node);
	}

	link(from: string, to: string): void {
		if (this.#nodes.has(to)) throw failed("EEXIST", to);
		if (this.full) throw failed("ENOSPC", to);
		this.#nodes.set(to, this.#at(from));
	}

	unlink(path: string): void {
		this.#at(path);
		this.#nodes.delete(path);
		this.#changed(path);
	}

	makeFolder(path: string, mode: number): void {
		if (this.#nodes.has(path)) return;
		if (this.full) throw failed("ENOSPC", path);
		this.#nodes.set(path, { type: "folder", mode, bytes: NOTHING, stamp: this.#next() });
	}

	removeFolder(path: string): void {
		this.#at(path);
		if (this.list(path).length > 0) throw failed("ENOTEMPTY", path);
		this.#nodes.delete(path);
	}

	list(path: string): string[] {
		const start = `${path}/`;
		const below = [...this.#nodes.keys()].filter((name) => name.startsWith(start));
		return below.map((name) => name.slice(start.length)).filter((name) => !name.includes("/"));
	}

	realpath(path: string): string {
		return path;
	}

	#put(path: string, node: Node): void {
		this.#nodes.set(path, node);
		this.#changed(path);
	}

	#at(path: string): Node {
		const node = this.#nodes.get(path);
		if (!node) throw failed("ENOENT", path);
		return node;
	}

	#next(): string {
		this.#stamp += 1;
		return String(this.#stamp);
	}
}

function failed(code: string, path: string): Error {
	return Object.assign(new Error(`${code}: ${path}`), { code });
}
