import { headers, type MsgHdrs } from "@nats-io/transport-node";
import { Digest } from "@rollcall/protocol";

/** The digest of an entry as it was stored, or of the one that a state ends with. A header, since programs from before read no entry and no head with more fields. */
const LINK_HEADER = "Rollcall-Link";

/** What a message is stored with; nothing where no digest is known. */
export function digestHeader(link: Digest | undefined): MsgHdrs {
	const about = headers();
	if (link !== undefined) about.set(LINK_HEADER, link);
	return about;
}

/** The digest that a message was stored with; undefined where there is none, or it is none. */
export function digestIn(about: MsgHdrs | undefined): Digest | undefined {
	return Digest.safeParse(about?.get(LINK_HEADER)).data;
}
