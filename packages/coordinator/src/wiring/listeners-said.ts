import type { Authority } from "@rollcall/protocol";
import type { Core } from "../ports/core.ts";

/**
 * What the log says of the listeners' authority; undefined until the log was read to its end once. Before that it says what was so earlier:
 * who was forgotten would be told to clients again, and his key be missed.
 */
export function listenersSaid(core: Pick<Core, "fleet" | "ready">): () => Authority | undefined {
	let isRead = false;
	return () => {
		isRead ||= core.ready().ready;
		return isRead ? core.fleet().listeners?.listeners : undefined;
	};
}
