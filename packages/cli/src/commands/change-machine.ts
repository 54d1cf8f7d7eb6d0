import { MachineView } from "@rollcall/protocol";
import type { Api } from "../api/client.ts";
import { machinePath } from "../api/machine.ts";
import { printJson, type Session } from "../session.ts";
import { tell } from "../terminal.ts";
import { printable } from "../text/printable.ts";
import { titleOf } from "../views/machine-title.ts";
import { inTurn, type LossOptions, lossQuery } from "./loss.ts";

/** One decision about one machine: what is sent where, and what to say about it. */
export interface MachineChangeRequest {
	readonly id: string;
	/** `/approve` and the like. */
	readonly below: string;
	readonly body: unknown;
	/** Where it may take memory from etcd. */
	readonly loss?: LossOptions;
	/** `approved`: said behind the machine's name. */
	readonly done: (machine: MachineView) => string;
	/** Also says what is to be done now. */
	readonly tellsNext?: boolean;
}

/** Sends a decision and says how the machine stands after it. Throws Failure. */
export async function changeMachine(session: Session, api: Api, request: MachineChangeRequest): Promise<void> {
	const { id, body, below, loss = {} } = request;
	const path = machinePath(id, `${below}${lossQuery(loss)}`);
	const { json, value } = await inTurn(session, loss, () =>
		api.ask(MachineView, { method: "POST", path, body, subject: `machine ${id}` }),
	);
	if (session.json) return printJson(session, json);
	tell(session.out, `${titleOf(value)}: ${request.done(value)}; it is ${value.phase} (${printable(value.reason)})`);
	if (request.tellsNext && value.next !== undefined) tell(session.out, `next: ${printable(value.next)}`);
}
