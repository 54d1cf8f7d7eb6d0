import type { AuthorityCertificate, Timestamp } from "@rollcall/protocol";
import { validityAt } from "./certified.ts";

/** Authorities live for ten years, as kubeadm's. Milliseconds. */
export const AUTHORITY_LIFE_MS = 10 * 365 * 86_400_000;
/** Authorities are valid from this much earlier on, in milliseconds: the clock that they are made by may be set back by hours later. */
export const AUTHORITY_BACKDATED_MS = 2 * 86_400_000;

/** Whether an authority is valid at a date. Older logs do not say when one begins; then it is told by its end. */
export function authorityValidity(
	{ notAfter, notBefore = notAfter - AUTHORITY_LIFE_MS - AUTHORITY_BACKDATED_MS }: AuthorityCertificate,
	date: Timestamp,
): ReturnType<typeof validityAt> {
	return validityAt({ notBefore, notAfter }, date);
}
