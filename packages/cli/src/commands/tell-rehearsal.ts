import type { Api } from "../api/client.ts";
import type { Session } from "../session.ts";
import { tell } from "../terminal.ts";
import { REHEARSAL } from "../views/phase.ts";

/** What is said of keys, certificates and etcd. */
export const REHEARSED = "all of this is of rehearsals of machines; nothing of it is real";

/** What is said of lists and documents. */
const OF_REHEARSALS = "all machines of this coordinator are rehearsals; nothing of it is real";

/**
 * Says on stderr that nothing is real where all machines are rehearsals; true when they are. With `-o json` nothing is said: programs
 * read errors there, and `rollcall status` tells them.
 */
export async function tellRehearsal(session: Session, api: Api, what: string = OF_REHEARSALS): Promise<boolean> {
	const { rehearsal } = (await api.status()).value;
	if (rehearsal && !session.json) tell(session.err, `${REHEARSAL}: ${what}`);
	return rehearsal;
}
