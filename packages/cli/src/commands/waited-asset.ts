import type { AssetWork } from "@rollcall/protocol";
import type { ApiAnswer } from "../api/answer.ts";
import type { Waiting } from "../api/assets.ts";
import { Failure } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { progressLine } from "../live/progress-line.ts";
import type { Session } from "../session.ts";
import { tell } from "../terminal.ts";
import { stopSignal } from "./stop-signal.ts";

/**
 * Waits for a work on assets, and shows how far it is. Ctrl-C has the coordinator end it, and is waited for, since nobody else would tell
 * the coordinator. Throws Failure.
 */
export async function waitedAsset(
	session: Session,
	what: string,
	work: (waiting: Waiting) => Promise<ApiAnswer<AssetWork>>,
): Promise<ApiAnswer<AssetWork>> {
	const { signal, release } = stopSignal(session);
	const { show, end } = progressLine(session, what);
	signal.addEventListener("abort", () => {
		end();
		tell(session.err, `${what}: ending it`);
	});
	try {
		const answer = await work({ show, signal });
		if (signal.aborted) throw interrupted(`${what}: it was done already; nothing else was begun`);
		return answer;
	} catch (error) {
		if (!signal.aborted || !(error instanceof Failure) || error.exit === EXIT.interrupted) throw error;
		throw interrupted(error.message.includes(what) ? error.message : `${what}: ${error.message}`, error);
	} finally {
		end();
		release();
	}
}

function interrupted(message: string, cause?: Failure): Failure {
	return new Failure(message, { exit: EXIT.interrupted, next: "`rollcall assets list` shows what is kept", cause });
}
