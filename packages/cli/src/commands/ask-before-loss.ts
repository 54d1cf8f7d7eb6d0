import type { MachineView } from "@rollcall/protocol";
import type { Api } from "../api/client.ts";
import { getMachine } from "../api/machine.ts";
import type { Session } from "../session.ts";
import { tell } from "../terminal.ts";
import { titleOf } from "../views/machine-title.ts";
import { agreesToChange } from "./agreement.ts";

/** A command by which a machine loses what it runs, or what is known of it. */
interface Taking {
	readonly id: string;
	readonly yes?: boolean | undefined;
	/** What is lost, behind the machine's name; undefined where nothing of worth is. */
	readonly lost: (machine: MachineView) => string | undefined;
}

/**
 * On a terminal: says what a machine loses and asks whether it is meant, unless nothing is lost or `--yes` was given. Returns the id of the
 * machine that was shown, so that a name that another one gets meanwhile changes nothing; undefined where it is not meant. Throws Failure.
 */
export async function askBeforeLoss(
	session: Session,
	api: Api,
	{ id, yes, lost }: Taking,
): Promise<string | undefined> {
	if (!session.ask || session.json || yes) return id;
	const { machine } = (await getMachine(api, id)).value;
	const what = lost(machine);
	if (what === undefined) return machine.machineId;
	tell(session.out, `${titleOf(machine)} (${standing(machine)}) ${what}`);
	return (await agreesToChange(session, `Do it at ${api.connection.server}?`)) ? machine.machineId : undefined;
}

function standing({ role, phase }: MachineView): string {
	return role === undefined ? phase : `${role}, ${phase}`;
}

/** For commands that take nothing from a machine without a seat. */
export function whereSeated(what: string): (machine: MachineView) => string | undefined {
	return ({ role }) => (role === undefined ? undefined : what);
}
