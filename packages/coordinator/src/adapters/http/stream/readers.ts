import type { Event } from "@rollcall/protocol";
import type { WebSocket } from "ws";
import { inDates } from "../../../domain/clocks/log-clock.ts";
import type { Api } from "../dependencies.ts";
import { hideEventSecrets } from "../hide-secrets.ts";
import { Reader, type ReaderStart } from "./reader.ts";

/**
 * All open event streams. One subscription to the core feeds them, and each event is turned into text once, so that a
 * hundred readers cost little more than one. There is no subscription while nobody reads.
 */
export class Readers {
	readonly #api: Api;
	readonly #readers = new Set<Reader>();
	#unsubscribe: (() => void) | undefined;
	#pinger: NodeJS.Timeout | undefined;
	#lastSeq = 0;

	constructor(api: Api) {
		this.#api = api;
	}

	get size(): number {
		return this.#readers.size;
	}

	/** Takes over a socket whose handshake is done. */
	add(socket: WebSocket, start: ReaderStart): void {
		this.#listen();
		const reader = new Reader(socket, {
			api: this.#api,
			start,
			lastSeq: () => this.#lastSeq,
			frame: (event) => this.#frame(event),
			onEnd: () => this.#remove(reader),
		});
		this.#readers.add(reader);
		this.#api.metrics.readers(this.size);
		reader.begin();
	}

	/** Ends all streams; each is told from where it can resume. */
	stop(): void {
		for (const reader of [...this.#readers]) reader.leave(1001, "the coordinator stops");
	}

	#remove(reader: Reader): void {
		this.#readers.delete(reader);
		this.#api.metrics.readers(this.size);
		if (this.size > 0) return;
		this.#unsubscribe?.();
		this.#unsubscribe = undefined;
		clearInterval(this.#pinger);
	}

	#listen(): void {
		if (this.#unsubscribe) return;
		this.#unsubscribe = this.#api.core.subscribe((event) => this.#deliver(event));
		// Asked for after subscribing, in the same turn: every later event comes through the subscription.
		this.#lastSeq = this.#api.core.fleet().seq;
		this.#pinger = setInterval(() => {
			for (const reader of [...this.#readers]) reader.ping();
		}, this.#api.limits.pingMs);
		this.#pinger.unref();
	}

	#deliver(event: Event): void {
		// Numbers only go up in one log: this is another one, begun after the first was lost.
		if (event.seq <= this.#lastSeq) {
			for (const reader of [...this.#readers]) reader.leave(1012, "the log was begun again");
			return;
		}
		this.#lastSeq = event.seq;
		let made: string | undefined;
		const frame = () => {
			made ??= this.#frame(event);
			return made;
		};
		for (const reader of [...this.#readers]) if (reader.isLive) reader.deliver(event, frame);
		// A token that was just revoked must not go on reading.
		if (event.type === "token-revoked") for (const reader of [...this.#readers]) reader.checkToken();
	}

	#frame(event: Event): string {
		const fleet = this.#api.core.fleet();
		const text = this.#api.projections.describe(fleet, event);
		return JSON.stringify({ kind: "event", event: inDates(fleet, hideEventSecrets(event)), text });
	}
}
