import { setTimeout as delay } from "node:timers/promises";
import { type CommandAnswer, EtcdView } from "@rollcall/protocol";
import type { Api } from "../api/client.ts";
import { getMachine } from "../api/machine.ts";
import { Failure } from "../errors.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { printJson, type Session } from "../session.ts";
import { tell } from "../terminal.ts";
import { printable } from "../text/printable.ts";
import { nameOf, titleOf } from "../views/machine-title.ts";
import { stopSignal } from "./stop-signal.ts";

const POLL_MS = 500;
/** Where a command has no deadline of its own. */
const PATIENCE_MS = 600_000;

/**
 * Waits until a machine is ready again after a command, and tells each phase on its way. A member of etcd has to
 * have its vote, too. Throws Failure at the command's deadline.
 */
export async function waitUntilReady(session: Session, api: Api, answer: CommandAnswer): Promise<ExitCode> {
	const { machineId, deadlineAt = session.now() + PATIENCE_MS } = answer;
	const { signal, release } = stopSignal(session);
	let told = "";
	try {
		for (;;) {
			const { json, value } = await getMachine(api, machineId);
			const { machine } = value;
			if (machine.phase === "ready" && (await mayVote(api, machine.nodeName))) {
				if (session.json) printJson(session, json);
				else tell(session.out, `${titleOf(machine)}: ready (${printable(machine.reason)})`);
				return EXIT.ok;
			}
			const stage = `${machine.phase}: ${machine.reason}`;
			if (stage !== told) tell(session.err, `${titleOf(machine)}: ${printable(stage)}`);
			told = stage;
			if (signal.aborted) return EXIT.interrupted;
			if (session.now() > deadlineAt)
				throw new Failure(`it is not ready by the deadline: ${stage}`, {
					machineId,
					exit: EXIT.timeout,
					next: machine.next ?? `rollcall why ${nameOf(machine)}`,
				});
			await delay(POLL_MS, undefined, { signal }).catch(() => undefined);
		}
	} finally {
		release();
	}
}

/** False for a node that is a member of etcd and has no vote yet. */
async function mayVote(api: Api, nodeName: string | undefined): Promise<boolean> {
	const view = await api.ask(EtcdView, { path: "/v1/etcd", subject: "etcd" }).catch((error: unknown) => {
		if (error instanceof Failure && error.exit === EXIT.notFound) return undefined;
		throw error;
	});
	return view?.value.members.find((member) => member.nodeName === nodeName)?.votes ?? true;
}
