import { MachineView } from "@rollcall/protocol";
import type { Api } from "../api/client.ts";
import { machinePath } from "../api/machines.ts";
import { printJson, type Session } from "../session.ts";
import { say } from "../terminal.ts";
import { printable } from "../text/printable.ts";
import { titleOf } from "../views/machine-title.ts";

/** One decision about one machine: what is sent where, and what to say about it. */
export interface MachineChangeRequest {
	readonly id: string;
	/** `/approve` and the like. */
	readonly below: string;
	readonly body: unknown;
	/** `approved`: said behind the machine's name. */
	readonly done: (machine: MachineView) => string;
}

/** Sends a decision and says how the machine stands after it. Throws Failure. */
export async function changeMachine(session: Session, api: Api, request: MachineChangeRequest): Promise<void> {
	const { json, value } = await api.ask(MachineView, {
		method: "POST",
		path: machinePath(request.id, request.below),
		body: request.body,
		subject: `machine ${request.id}`,
	});
	if (session.json) printJson(session, json);
	else say(session.out, `${titleOf(value)}: ${request.done(value)}; it is ${value.phase} (${printable(value.reason)})`);
}
