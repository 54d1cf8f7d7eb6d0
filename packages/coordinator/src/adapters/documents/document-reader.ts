import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { serial } from "@rollcall/protocol";
import type { InForce } from "../../document/in-force.ts";
import type { NamedAssets } from "../../document/named-assets.ts";
import type { ParsedDocument } from "../../document/parse-document.ts";
import { overdue } from "./overdue.ts";

/** Longer than any document of the allowed size takes that is none to stop us, in processor time. */
const DEADLINE_MS = 10_000;
/** A worker that nobody needed for so long ends. */
const IDLE_MS = 60_000;
/** So many documents wait; more are refused. */
const MAX_WAITING = 16;

/** Reads cluster documents in a thread of its own. */
export interface DocumentReader {
	/** Never rejects: what takes too long, or comes when too many wait, is a problem. */
	parse(text: string, assets?: NamedAssets, inForce?: InForce): Promise<ParsedDocument>;
	close(): Promise<void>;
}

/**
 * Reads documents one after the other in a worker thread, so that half a megabyte of brackets holds up nothing else. The thread is
 * started when it is needed and ended when it takes too long, or was idle.
 */
export function createDocumentReader(deadlineMs = DEADLINE_MS): DocumentReader {
	const inOrder = serial();
	let worker: Worker | undefined;
	let idle: NodeJS.Timeout | undefined;
	let waiting = 0;

	async function end(): Promise<void> {
		clearTimeout(idle);
		const ending = worker;
		worker = undefined;
		await ending?.terminate();
	}

	async function ask(message: {
		text: string;
		assets: NamedAssets | undefined;
		inForce: InForce | undefined;
	}): Promise<ParsedDocument> {
		clearTimeout(idle);
		if (!worker) {
			worker = new Worker(new URL("./parse-worker.ts", import.meta.url));
			await once(worker, "message");
		}
		const asked = worker;
		const { promise, resolve } = Promise.withResolvers<ParsedDocument>();
		const before = await asked.cpuUsage();
		const spentMs = async () => {
			const { user, system } = await asked.cpuUsage(before);
			return (user + system) / 1000;
		};
		const answered = new AbortController();
		overdue(spentMs, deadlineMs, answered.signal).then(
			() => resolve(refusal("too-large", `the document could not be read within ${deadlineMs / 1000} s`)),
			// It was read, or the thread ended.
			() => {},
		);
		const failed = (error: Error) => resolve(refusal("too-large", `the document could not be read: ${error.message}`));
		asked.once("message", resolve).once("error", failed);
		asked.postMessage(message);
		const parsed = await promise;
		answered.abort();
		asked.off("message", resolve).off("error", failed);
		if (!parsed.ok && parsed.problem.code === "too-large") await end();
		else {
			idle = setTimeout(() => void end(), IDLE_MS).unref();
			asked.unref();
		}
		return parsed;
	}

	return {
		async parse(text, assets, inForce) {
			if (waiting >= MAX_WAITING)
				return refusal("too-many-requests", `${waiting} documents wait to be read`, "try again in a few seconds");
			waiting += 1;
			try {
				return await inOrder(() => ask({ text, assets, inForce }));
			} finally {
				waiting -= 1;
			}
		},
		close: end,
	};
}

function refusal(
	code: "too-large" | "too-many-requests",
	message: string,
	next = "leave out what nests deeply or repeats; a document of this size is read in less than a second",
): ParsedDocument {
	return { ok: false, problem: { code, message, next } };
}
