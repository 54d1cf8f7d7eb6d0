import type { Api } from "./client.ts";
import { replyOf, sendCommand } from "./commands.ts";

/** So many lines the API gives at once. */
export const MOST_LINES = 1000;

/** Which lines of a journal are meant. */
export interface JournalQuery {
	readonly unit?: string | undefined;
	/** The newest so many. */
	readonly lines: number;
	/** None older than so many seconds. */
	readonly sinceSeconds?: number | undefined;
}

/** What a machine answered: its name (its node name, its id where it has none), its lines, and the answer as it came. */
export interface JournalPart {
	readonly name: string;
	readonly lines: readonly string[];
	readonly json: unknown;
}

/** The journal of one machine, read from where the last reading ended. */
export class Journal {
	readonly #api: Api;
	readonly #id: string;
	readonly #query: JournalQuery;
	#cursor: string | undefined;

	/** `id`: any name of the machine. */
	constructor(api: Api, id: string, query: JournalQuery) {
		this.#api = api;
		this.#id = id;
		this.#query = query;
	}

	/** True once it was read: from then on it gives what is new. */
	get begun(): boolean {
		return this.#cursor !== undefined;
	}

	/** Reads on. Throws Failure. */
	async read(): Promise<JournalPart> {
		const { unit, lines, sinceSeconds } = this.#query;
		const named = unit === undefined ? {} : { unit };
		const from = sinceSeconds === undefined ? { lines } : { lines, sinceSeconds };
		const asked = this.#cursor === undefined ? from : { lines: MOST_LINES, cursor: this.#cursor };
		const { json, value } = await sendCommand(this.#api, this.#id, { kind: "logs", ...named, ...asked });
		const reply = replyOf(value, "logs");
		this.#cursor = reply.cursor ?? this.#cursor;
		return { name: value.nodeName ?? value.machineId, lines: reply.lines, json };
	}
}
