import type { z } from "zod";
import { plainIssue, valueAt } from "./plain-issue.ts";
import type { Problem } from "./problem.ts";
import { readJson } from "./read-json.ts";

/** The largest message of any kind, in bytes: `nats-server`'s default `max_payload`. */
export const MAX_MESSAGE_BYTES = 1024 * 1024;
/** The largest message from an agent, in bytes. Facts and reports are far below it. */
export const MAX_AGENT_MESSAGE_BYTES = 128 * 1024;

/** A decoded value, or why there is none. Bad input is an ordinary answer here, so nothing throws. */
export type Decoded<T> = { ok: true; value: T } | { ok: false; problem: Problem };

const text = new TextDecoder("utf-8", { fatal: true });
const bytes = new TextEncoder();

/** Bytes of a message: UTF-8 JSON. */
export function encode(message: unknown): Uint8Array {
	return bytes.encode(JSON.stringify(message));
}

/** Reads a message: size, UTF-8, JSON and schema are checked, in this order. `what` names the message in the problem. */
export function decode<S extends z.ZodType>(
	schema: S,
	payload: Uint8Array,
	what: string,
	maxBytes = MAX_MESSAGE_BYTES,
): Decoded<z.output<S>> {
	if (payload.length > maxBytes) {
		return {
			ok: false,
			problem: { code: "too-large", message: `${what}: ${payload.length} bytes, at most ${maxBytes} are taken` },
		};
	}
	let written: string;
	try {
		written = text.decode(payload);
	} catch {
		return refused(what, [{ path: "", message: "not JSON in UTF-8" }]);
	}
	const read = readJson(written);
	if (read.ok) return check(schema, read.value, what);
	return refused(what, [{ path: pathOf(read.fault.path), message: read.fault.message }]);
}

/** Checks a value that was read elsewhere (an HTTP body, a file) against a schema. */
export function check<S extends z.ZodType>(schema: S, value: unknown, what: string): Decoded<z.output<S>> {
	const result = schema.safeParse(value);
	if (result.success) return { ok: true, value: result.data };
	return refused(
		what,
		result.error.issues.slice(0, 64).map((issue) => ({
			path: pathOf(issue.path),
			message: plainIssue(issue, valueAt(value, issue.path)).slice(0, 1024),
		})),
	);
}

function pathOf(path: readonly PropertyKey[]): string {
	return path.join(".").slice(0, 512);
}

/** Names the first fault in its sentence, and all of them as details. */
function refused(what: string, details: NonNullable<Problem["details"]>): { ok: false; problem: Problem } {
	const first = details[0];
	return {
		ok: false,
		problem: {
			code: "bad-request",
			message: `${what}: ${first?.path ? `${first.path}: ` : ""}${first?.message ?? "not valid"}`.slice(0, 2048),
			...(first?.path ? { path: first.path } : {}),
			details,
		},
	};
}
