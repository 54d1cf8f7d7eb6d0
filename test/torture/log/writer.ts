import { setTimeout as pause } from "node:timers/promises";
import { type MachineView, TokenCreated } from "@rollcall/protocol";
import { stretched } from "@rollcall/test-support/stretch";

/** Between two requests of one writer, so that the machine has time for the rest. */
const PAUSE_MS = 100;

/** A request that changes something, and how it ended. Times of the own monotonic clock. */
export interface Write {
	readonly kind: "token" | "label" | "document";
	/** Whom it was asked of. */
	readonly via: string;
	/** What is to be found again: the id of a token, the value of a label, the number of a document. */
	value: string;
	readonly begunAt: number;
	/** When it was acknowledged; without it, it may have been done or not. */
	ackedAt?: number;
	/** What was answered instead: the status and the code of the problem, or that nobody listened. Without both, there was no answer. */
	refused?: string;
}

/** A coordinator as its writers see it. */
export interface Door {
	readonly name: string;
	readonly url: string;
	readonly token: string;
}

/** Stands for a status where nobody listened. */
const NOBODY = { status: 0, body: { code: "nobody listened" } };

/** Asks a coordinator; undefined when there was no answer. */
export async function ask(
	door: Door,
	method: string,
	path: string,
	body?: unknown,
): Promise<{ status: number; body: unknown } | undefined> {
	try {
		const response = await fetch(`${door.url}${path}`, {
			method,
			headers: {
				authorization: `Bearer ${door.token}`,
				...(body === undefined ? {} : { "content-type": "application/json" }),
			},
			...(body === undefined ? {} : { body: JSON.stringify(body) }),
			signal: AbortSignal.timeout(stretched(10_000)),
		});
		const text = await response.text();
		return { status: response.status, body: text === "" ? undefined : JSON.parse(text) };
	} catch (error) {
		const { cause } = error as { cause?: { code?: string } };
		return cause?.code === "ECONNREFUSED" ? NOBODY : undefined;
	}
}

/** Writers that ask without end, until they are stopped. */
export interface Writers {
	readonly writes: readonly Write[];
	stop(): Promise<void>;
}

/** Starts writers at each door: of tokens, of one machine's label, of documents. `documentOf`: the text of document number n. */
export function startWriters(doors: readonly Door[], documentOf: (number: number) => string): Writers {
	const writes: Write[] = [];
	let stopped = false;
	let last = 0;
	const one = async (door: Door, kind: Write["kind"], path: string, body: unknown, value: string): Promise<void> => {
		const write: Write = { kind, via: door.name, value, begunAt: performance.now() };
		writes.push(write);
		const answer = await ask(door, kind === "document" ? "PUT" : "POST", path, body);
		if (answer && answer.status >= 200 && answer.status < 300) {
			if (kind === "token") write.value = TokenCreated.parse(answer.body).view.tokenId;
			write.ackedAt = performance.now();
		} else if (answer) {
			const { code = "" } = answer.body as { code?: string };
			write.refused = `${answer.status} ${code}`;
		}
	};
	const repeat = async (work: () => Promise<void>, pauseMs: number): Promise<void> => {
		while (!stopped) {
			await work();
			await pause(pauseMs);
		}
	};
	const label = async (door: Door): Promise<void> => {
		const answer = await ask(door, "GET", "/v1/machines");
		const [machine] = answer?.status === 200 ? (answer.body as { machines: MachineView[] }).machines : [];
		if (!machine) return;
		const value = String(++last);
		await one(door, "label", `/v1/machines/${machine.machineId}/labels`, { labels: { torture: value } }, value);
	};
	const declare = (door: Door): Promise<void> => {
		const number = ++last;
		return one(door, "document", "/v1/cluster", { text: documentOf(number) }, String(number));
	};
	const work = doors.flatMap((door) => [
		repeat(() => one(door, "token", "/v1/tokens", { scope: "enroll", labels: { via: door.name } }, ""), PAUSE_MS),
		repeat(() => label(door), 4 * PAUSE_MS),
		repeat(() => declare(door), 20 * PAUSE_MS),
	]);
	return {
		writes,
		async stop() {
			stopped = true;
			await Promise.all(work);
		},
	};
}
