import { canonicalJson, EventSchema, sha256Of } from "@rollcall/protocol";
import { z } from "zod";
import { VERSION } from "../../version.ts";

let known: string | undefined;

/**
 * The program that writes an entry: its version, and the form of the events that it writes and reads, the first 12 digits of the digest of
 * their schema.
 */
export function writer(): string {
	known ??= `${VERSION} ${eventForm()}`;
	return known;
}

function eventForm(): string {
	const schema = z.toJSONSchema(EventSchema, { unrepresentable: "any", io: "output" });
	return sha256Of(canonicalJson(schema)).slice("sha256:".length, "sha256:".length + 12);
}
