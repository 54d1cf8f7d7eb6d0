import type { ServerResponse } from "node:http";

type Json = Record<string, unknown>;
interface Happened {
	readonly version: number;
	readonly path: string;
	readonly type: "ADDED" | "MODIFIED" | "DELETED";
	readonly object: Json;
}

/** The stand-in's store: every change gets the next version, and whoever watches hears of it. */
export class WatchedObjects extends Map<string, Json> {
	#version = 1;
	#history: Happened[] = [];
	readonly #watchers = new Set<{ readonly prefix: string; readonly response: ServerResponse }>();

	/** The newest version, as lists name it. */
	get version(): string {
		return String(this.#version);
	}

	/** How many watch now. */
	get watchers(): number {
		return this.#watchers.size;
	}

	override set(path: string, object: Json): this {
		this.#version += 1;
		const metadata = { ...(object.metadata as Json), resourceVersion: this.version };
		const type = this.has(path) ? "MODIFIED" : "ADDED";
		super.set(path, { ...object, metadata });
		this.#tell({ version: this.#version, path, type, object: { ...object, metadata } });
		return this;
	}

	override delete(path: string): boolean {
		const object = this.get(path);
		if (!object) return false;
		super.delete(path);
		this.#version += 1;
		const metadata = { ...(object.metadata as Json), resourceVersion: this.version };
		this.#tell({ version: this.#version, path, type: "DELETED", object: { ...object, metadata } });
		return true;
	}

	/** Answers a watch: what happened since its version, then what happens. What was forgotten ends it with 410. */
	watch(prefix: string, query: URLSearchParams, response: ServerResponse): void {
		const since = Number(query.get("resourceVersion"));
		const oldest = this.#history[0]?.version ?? this.#version + 1;
		response.writeHead(200, { "content-type": "application/json" });
		if (since < oldest - 1) {
			const object = { kind: "Status", code: 410, reason: "Expired", message: `too old resource version: ${since}` };
			return void response.end(`${JSON.stringify({ type: "ERROR", object })}\n`);
		}
		response.flushHeaders();
		const watcher = { prefix, response };
		this.#watchers.add(watcher);
		response.on("close", () => this.#watchers.delete(watcher));
		for (const one of this.#history) if (one.version > since) send(watcher, one);
	}

	/** Every watch is cut, in the middle of a line. */
	cut(): void {
		for (const { response } of this.#watchers) {
			response.write('{"type":"MODIF');
			setImmediate(() => response.destroy());
		}
	}

	/** Tells whoever watches how far all is known. */
	bookmark(): void {
		const object = { kind: "Node", metadata: { resourceVersion: this.version } };
		for (const { response } of this.#watchers) response.write(`${JSON.stringify({ type: "BOOKMARK", object })}\n`);
	}

	/** What happened so far cannot be asked for any more. */
	forget(): void {
		this.#history = [];
		this.#version += 1;
	}

	/** Whoever watches hears nothing more, and its connection stays. */
	deafen(): void {
		this.#watchers.clear();
	}

	/** The store begins anew, without a word to who watches. */
	beginAnew(): void {
		this.clear();
		this.#history = [];
		this.#version = 1;
		this.deafen();
	}

	#tell(happened: Happened): void {
		this.#history.push(happened);
		for (const watcher of this.#watchers) send(watcher, happened);
	}
}

function send(to: { readonly prefix: string; readonly response: ServerResponse }, happened: Happened): void {
	if (!happened.path.startsWith(to.prefix)) return;
	const { type, object } = happened;
	to.response.write(`${JSON.stringify({ type, object })}\n`);
}
