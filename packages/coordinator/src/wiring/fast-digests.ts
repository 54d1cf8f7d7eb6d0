import { hash } from "node:crypto";
import { computeSha256By } from "@rollcall/protocol";

/** Digests by Node's own code: some twenty times as fast, for whoever takes those of a whole fleet's targets. */
export function fastDigests(): void {
	computeSha256By((input) => hash("sha256", input, "hex"));
}
