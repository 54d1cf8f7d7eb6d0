import { Consequences, type MachinePlanRequest } from "@rollcall/protocol";
import type { Api } from "../api/client.ts";
import { machinePath } from "../api/machine.ts";
import { type Session, widthFor } from "../session.ts";
import { say } from "../terminal.ts";
import { planLines } from "../views/plan.ts";
import { agreesToChange } from "./agreement.ts";
import { inTurn, type LossOptions, lossQuery } from "./loss.ts";

/** The coordinator renders the whole fleet twice. */
const PLAN_TIMEOUT_MS = 60_000;

/** A change to a machine by which others may change too. */
interface Change {
	readonly id: string;
	readonly body: MachinePlanRequest;
	readonly loss: LossOptions & { readonly yes?: boolean };
}

/**
 * On a terminal: shows what follows from a change and asks whether it is meant, unless nothing follows or `--yes` was given. True: it
 * is to be done. Throws Failure, also where the coordinator would refuse the change.
 */
export async function askFirst(session: Session, api: Api, { id, body, loss }: Change): Promise<boolean> {
	if (!session.ask || session.json || loss.yes) return true;
	const path = machinePath(id, `/plan${lossQuery(loss)}`);
	const request = { method: "POST", path, body, subject: `machine ${id}`, timeoutMs: PLAN_TIMEOUT_MS } as const;
	const { value } = await inTurn(session, loss, () => api.ask(Consequences, request));
	if (value.machines.length === 0 && value.warnings.length === 0) return true;
	for (const line of planLines(value, { paint: session.out.paint, brief: true, width: widthFor(session) }))
		say(session.out, line);
	return agreesToChange(session, `Do it at ${api.connection.server}?`);
}
