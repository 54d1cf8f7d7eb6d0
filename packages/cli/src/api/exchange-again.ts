import { setTimeout as delay } from "node:timers/promises";
import { exchange, type HttpAnswer, type HttpRequest } from "./exchange.ts";

/** Waits before the second try and those after it, in milliseconds: as long as a coordinator needs to be started again. */
const PAUSES_MS = [100, 400, 1_000, 2_000];
/** The connection was there, and ended before the answer did. */
const CUT = new Set(["ECONNRESET", "EPIPE", "ECONNABORTED"]);

/** The request may have been taken: each of its tries ended without an answer. */
export class CutOff extends Error {
	override readonly name = "CutOff";
}

/**
 * As `exchange`; a request whose answer is lost is sent again, with everything that it said, so it has to be one that may come
 * twice. Rejects with CutOff when it is never answered, and with what `exchange` says where it was never sent.
 */
export async function exchangeAgain(url: URL, request: HttpRequest): Promise<HttpAnswer> {
	let cut: unknown;
	for (const pause of [...PAUSES_MS, undefined]) {
		try {
			return await exchange(url, request);
		} catch (error) {
			const code = (error as NodeJS.ErrnoException).code ?? "";
			if (cut === undefined && !CUT.has(code)) throw error;
			// Nobody listens where somebody did: a coordinator that starts again.
			if (cut !== undefined && !CUT.has(code) && code !== "ECONNREFUSED") throw error;
			cut ??= error;
			if (pause === undefined) break;
			await delay(pause, undefined, { signal: request.signal });
		}
	}
	throw new CutOff("no answer came", { cause: cut });
}
