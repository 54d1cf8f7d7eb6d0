import { readJson } from "@rollcall/protocol";
import type { FastifyInstance } from "fastify";
import { pathText } from "../../document/finding.ts";
import { routeNext } from "./checked-part.ts";
import { type Refusal, refuse } from "./problem.ts";

/** JSON is the only body there is, but for the bytes of an upload; an empty one counts as none. */
export function readBodies(app: FastifyInstance): void {
	app.removeAllContentTypeParsers();
	app.addContentTypeParser("application/octet-stream", { parseAs: "buffer" }, (_request, body, done) =>
		done(null, body),
	);
	app.addContentTypeParser("application/json", { parseAs: "buffer" }, ({ method, routeOptions }, body, done) => {
		const next = routeNext({ method, path: (routeOptions.config as { route?: string }).route ?? "" });
		const read = bodyOf(body as Buffer, next);
		if ("refusal" in read) done(read.refusal);
		else done(null, read.value);
	});
}

function bodyOf(bytes: Buffer, next: string): { readonly value: unknown } | { readonly refusal: Refusal } {
	if (bytes.length === 0) return { value: undefined };
	let text: string;
	try {
		text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
	} catch {
		return { refusal: refuse("bad-request", "body: not text in UTF-8", { path: "body", next }) };
	}
	const read = readJson(text);
	if (read.ok) return read;
	const at = pathText(read.fault.path).slice(0, 512);
	const message = `body: ${at === "" ? "" : `${at}: `}${read.fault.message}`;
	return { refusal: refuse("bad-request", message, { path: at || "body", next }) };
}
