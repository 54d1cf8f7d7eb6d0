import { setTimeout as delay } from "node:timers/promises";
import { AcceptedLoss } from "@rollcall/protocol";
import { type Command, InvalidArgumentError } from "commander";
import { Failure } from "../errors.ts";
import type { Session } from "../session.ts";
import { tell } from "../terminal.ts";
import { stopSignal } from "./stop-signal.ts";

/** Between two tries of what waits its turn, and how long it waits at most, in milliseconds. */
const AGAIN_MS = 2_000;
const MOST_MS = 2 * 3_600_000;

/** What a person says about a command that may take memory from etcd. */
export interface LossOptions {
	readonly acceptLoss?: AcceptedLoss;
	readonly queue?: boolean;
}

/** What `--help` says about it. */
export const LOSS_AFTER = `
It is refused while etcd would have no healthy majority without this machine, or no control plane would be left. --queue waits until it may be
done, so that several of these go one after the other; --accept-loss etcd does it whatever is lost (\`rollcall etcd risk\` says what).
`;

/** `--accept-loss` and `--queue`. */
export function addLossOptions(command: Command): Command {
	return addAcceptLoss(command).option("--queue", "wait until it may be done without a loss, at most two hours");
}

/** `--accept-loss` alone. */
export function addAcceptLoss(command: Command): Command {
	return command.option("--accept-loss <what>", "etcd, or control-plane: do it although that may be lost", parseLoss);
}

function parseLoss(text: string): AcceptedLoss {
	const loss = AcceptedLoss.safeParse(text);
	if (!loss.success) throw new InvalidArgumentError(`it is ${AcceptedLoss.options.join(" or ")}, typed out.`);
	return loss.data;
}

/** The query of a path, with the question mark; empty where nothing was accepted. */
export function lossQuery({ acceptLoss }: LossOptions): string {
	return acceptLoss ? `?acceptLoss=${acceptLoss}` : "";
}

/** Asks; with `--queue` again and again for as long as the answer is that too much would be lost. Throws Failure. */
export async function inTurn<T>(session: Session, { queue }: LossOptions, ask: () => Promise<T>): Promise<T> {
	if (!queue) return ask();
	const { signal, release } = stopSignal(session);
	const end = performance.now() + MOST_MS;
	let told = "";
	try {
		for (;;) {
			try {
				return await ask();
			} catch (error) {
				const waits = error instanceof Failure && error.code === "quorum-at-risk";
				if (!waits || signal.aborted || performance.now() > end) throw error;
				if (told !== error.message) tell(session.err, `waiting its turn: ${error.message}`);
				told = error.message;
			}
			await delay(AGAIN_MS, undefined, { signal }).catch(() => undefined);
		}
	} finally {
		release();
	}
}
