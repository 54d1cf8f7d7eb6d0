import { z } from "zod";
import { canonicalJson, sha256Of } from "./digest.ts";
import { Mac } from "./ids.ts";

/** How many addresses a relay is asked for at once. */
export const RELAY_QUESTIONS = 64;

/** What a relay is called in the coordinator's configuration. */
export const RelayName = z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, "letters, digits and dashes");

/** A question of the coordinator, made for this one look: it is answered once, within seconds. */
const Nonce = z.string().regex(/^[A-Za-z0-9_-]{16,64}$/);
const Address = z.union([z.ipv4(), z.ipv6()]);

/** What a relay saw on its link just now; without a MAC nobody there has the address, for this reason. */
export const Observation = z.strictObject({
	nonce: Nonce,
	address: Address,
	mac: Mac.optional(),
	reason: z.string().max(256).optional(),
});
export type Observation = z.infer<typeof Observation>;

/** `POST /v1/relay`: what the relay was asked before, and that it waits for more. `ticket`: that of the answer before; absent at first. */
export const RelayRequest = z.strictObject({
	relay: RelayName,
	ticket: z.string().max(128).optional(),
	observations: z.array(Observation).max(RELAY_QUESTIONS),
	/** Of the relay's key over `relayText`. */
	signature: z.string().max(128),
});
export type RelayRequest = z.infer<typeof RelayRequest>;

/** Which addresses the relay is to look for. Empty after some seconds in which nobody came. */
export const RelayReply = z.strictObject({
	ticket: z.string().max(128),
	questions: z.array(z.strictObject({ nonce: Nonce, address: Address })).max(RELAY_QUESTIONS),
});
export type RelayReply = z.infer<typeof RelayReply>;

/** What a relay signs. The ticket is good once, so nothing of it can be sent again. */
export function relayText({ relay, ticket = "", observations }: Omit<RelayRequest, "signature">): string {
	return `rollcall relay v1\n${relay}\n${ticket}\n${sha256Of(canonicalJson(observations))}`;
}
