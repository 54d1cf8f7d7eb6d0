import type { EventOf, ImpossibleKind } from "@rollcall/protocol";

/** Why no target can be rendered for a machine's seat: in words for people, and as a kind to decide by. */
export interface Impossible {
	readonly reason: string;
	readonly kind: ImpossibleKind;
}

/** What an event says of it. */
export function impossibleOf({ reason, kind }: Pick<EventOf<"target-impossible">, "reason" | "kind">): Impossible {
	return { reason, kind: kind ?? kindOfEarlier(reason) };
}

/** The kind of a reason of an earlier version, which had only these words. New words are never looked for here. */
function kindOfEarlier(reason: string): ImpossibleKind {
	if (reason.startsWith("etcd is just taking this boot of the machine out:")) return "etcd-leaves";
	if (reason.startsWith("etcd took this boot of the machine out,")) return "etcd-took-out";
	if (reason.includes("when this boot became a member of etcd, where the others look for it")) return "etcd-moved";
	return /etcd|event log/.test(reason) ? "etcd-waits" : "unfit";
}
