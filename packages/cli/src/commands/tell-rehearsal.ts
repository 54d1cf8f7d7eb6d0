import type { Api } from "../api/client.ts";
import type { Session } from "../session.ts";
import { say } from "../terminal.ts";
import { REHEARSAL } from "../views/phase.ts";

/** What is said of keys, certificates and etcd. */
export const REHEARSED = "all of this is of rehearsals of machines; nothing of it is real";

/** Says on stderr that nothing is real where all machines are rehearsals; true when they are. */
export async function tellRehearsal(session: Session, api: Api, what: string): Promise<boolean> {
	const { rehearsal } = (await api.status()).value;
	if (rehearsal) say(session.err, `${REHEARSAL}: ${what}`);
	return rehearsal;
}
