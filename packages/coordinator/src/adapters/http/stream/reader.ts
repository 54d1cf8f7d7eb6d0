import type { Event } from "@rollcall/protocol";
import type { WebSocket } from "ws";
import type { Api } from "../dependencies.ts";
import { Outbox } from "./outbox.ts";

/** How a new reader begins: behind which event, and how to find out whether its token still counts. */
export interface ReaderStart {
	readonly after: number;
	/** Events that do not pass are left out. */
	readonly wants: (event: Event) => boolean;
	readonly reauthorize: () => boolean;
}

/** What a reader needs from the others. */
export interface ReaderParts {
	readonly api: Api;
	readonly start: ReaderStart;
	/** The newest event that was published. */
	readonly lastSeq: () => number;
	readonly frame: (event: Event) => string;
	readonly onEnd: () => void;
}

type DropReason = Parameters<Api["metrics"]["readerDropped"]>[0];

/** How often the log is asked again for an event that was published but is not in it, and how long after. */
const MAX_IDLE_READS = 20;
const IDLE_WAIT_MS = 50;

/** Pings without an answer; the next one is not sent. Two, so that one long pause of this process drops nobody. */
const MAX_UNANSWERED = 2;
/** Frames, pings included, that a reader may send between two pings of ours. */
const MAX_FRAMES = 64;

/**
 * One event stream. It reads the log in pages until it has all that was published, then passes on what happens, and goes
 * back to the log when its socket does not keep up: so nothing waits in memory but what one socket holds, and neither a
 * gap nor a double is possible, since every event is sent only when its number is the next one.
 */
export class Reader {
	readonly #socket: WebSocket;
	readonly #parts: ReaderParts;
	readonly #outbox: Outbox;
	#sent: number;
	#mode: "reading" | "live" | "over" = "reading";
	#greeted = false;
	#unansweredPings = 0;
	#framesSincePing = 0;

	constructor(socket: WebSocket, parts: ReaderParts) {
		this.#socket = socket;
		this.#parts = parts;
		this.#sent = parts.start.after;
		this.#outbox = new Outbox(socket, parts.api.limits);
	}

	/** True when events are to be delivered; else it reads them from the log itself. */
	get isLive(): boolean {
		return this.#mode === "live";
	}

	begin(): void {
		// The socket closes itself after an error, with the code that fits it (1009 for a frame that is too large).
		this.#socket.on("error", () => this.#drop("bad-frame", { code: 1002, text: "bad frame" }));
		this.#socket.on("close", () => this.#end());
		this.#socket.on("message", () => this.#countFrame());
		this.#socket.on("ping", () => this.#countFrame());
		this.#socket.on("pong", () => {
			this.#unansweredPings = 0;
		});
		void this.#readLog();
	}

	/** Sends an event that just happened, or falls back to the log when it is not the next one or the socket is full. */
	deliver(event: Event, frame: () => string): void {
		const { seq } = event;
		if (this.#mode !== "live" || seq <= this.#sent) return;
		if (seq === this.#sent + 1 && this.#outbox.hasRoom) {
			this.#sent = seq;
			if (this.#parts.start.wants(event)) this.#outbox.send(frame());
			return;
		}
		this.#mode = "reading";
		void this.#readLog();
	}

	/** Asks whether the other end is still there; one that did not answer the last two times is dropped. */
	ping(): void {
		if (this.#mode === "over") return;
		if (this.#unansweredPings >= MAX_UNANSWERED) {
			this.#drop("silent", { code: 1001, text: "no pong" });
			return;
		}
		this.#unansweredPings += 1;
		this.#framesSincePing = 0;
		this.#socket.ping();
		this.checkToken();
	}

	/** Ends the stream when its token does not count any more. */
	checkToken(): void {
		if (this.#mode !== "over" && !this.#parts.start.reauthorize()) {
			this.#drop("not-allowed", { code: 1008, text: "the token is not good any more" });
		}
	}

	/** Ends the stream in an orderly way and says where to resume. A socket that does not take even that is cut off. */
	leave(code: number, text: string): void {
		if (this.#mode === "over") return;
		this.#socket.close(code, `${text}; resume with after=${this.#sent}`);
		const timer = setTimeout(() => this.#socket.terminate(), this.#parts.api.limits.readerCloseMs);
		this.#socket.once("close", () => clearTimeout(timer));
		this.#end();
	}

	/** A reader has nothing to say. A few frames do no harm; many would cost the coordinator work and pongs in memory. */
	#countFrame(): void {
		this.#framesSincePing += 1;
		if (this.#framesSincePing > MAX_FRAMES) this.#drop("bad-frame", { code: 1008, text: "too many frames" });
	}

	#drop(reason: DropReason, { code, text }: { code: number; text: string }): void {
		if (this.#mode === "over") return;
		this.#parts.api.metrics.readerDropped(reason);
		this.#parts.api.log.info({ reason, sent: this.#sent }, "a reader of the event stream was dropped");
		this.leave(code, text);
	}

	#end(): void {
		if (this.#mode === "over") return;
		this.#mode = "over";
		this.#outbox.stop();
		this.#parts.onEnd();
	}

	async #readLog(): Promise<void> {
		try {
			for (let idle = 0; ; ) {
				if (!(await this.#outbox.drained())) break;
				// From here to the check below nothing is awaited, so that no event can come between.
				if (this.#mode !== "reading") return;
				if (this.#sent >= this.#parts.lastSeq()) {
					this.#goLive();
					return;
				}
				const page = await this.#parts.api.core.events(this.#sent, this.#parts.api.limits.pageEvents);
				const before = this.#sent;
				if (!(await this.#sendPage(page))) break;
				if (this.#sent > before) idle = 0;
				else await this.#waitForLog(++idle);
			}
			this.#drop("too-slow", { code: 1013, text: "too slow" });
		} catch (error) {
			this.#parts.api.log.warn({ err: error }, "events could not be read for a stream");
			this.#drop("log-unreadable", { code: 1011, text: "the log cannot be read" });
		}
	}

	/** The next event was published, but the log did not give it: once more a little later, and not for ever. */
	async #waitForLog(times: number): Promise<void> {
		if (times > MAX_IDLE_READS) throw new Error(`event ${this.#sent + 1} was published but is not in the log`);
		await new Promise((resolve) => setTimeout(resolve, IDLE_WAIT_MS));
	}

	async #sendPage(page: readonly Event[]): Promise<boolean> {
		for (const event of page) {
			if (!this.#outbox.hasRoom && !(await this.#outbox.drained())) return false;
			if (this.#mode !== "reading") return true;
			if (event.seq !== this.#sent + 1) continue;
			this.#sent = event.seq;
			if (this.#parts.start.wants(event)) this.#outbox.send(this.#parts.frame(event));
		}
		return true;
	}

	#goLive(): void {
		this.#mode = "live";
		if (this.#greeted) return;
		this.#greeted = true;
		this.#outbox.send(JSON.stringify({ kind: "caught-up", seq: this.#sent }));
	}
}
