import { stat } from "node:fs/promises";
import type { OutgoingHttpHeaders } from "node:http";
import type { FastifyReply, FastifyRequest } from "fastify";
import { parseByteRange } from "../../disk/byte-range.ts";
import { sendFile } from "../../disk/send-file.ts";
import { refuse, tooMany } from "./problem.ts";

/** So many files are sent at once. */
const MAX_AT_ONCE = 32;
const RETRY_SECONDS = 5;

/** Sends files, with ranges (RFC 9110, section 14), a bounded number at once. Throws a Refusal. */
export function fileSender(): (request: FastifyRequest, reply: FastifyReply, path: string) => Promise<FastifyReply> {
	let sending = 0;
	return async (request, reply, path) => {
		if (sending >= MAX_AT_ONCE) throw tooMany("downloads", RETRY_SECONDS);
		sending++;
		try {
			const { size } = await stat(path);
			const range = parseByteRange(request.headers.range, size);
			if (range === "unsatisfiable")
				throw refuse("bad-request", `the file has ${size} bytes`, {
					path: "range",
					next: "ask for a range within them",
				});
			const { first, last } = range === "all" ? { first: 0, last: size - 1 } : range;
			reply.code(range === "all" ? 200 : 206).header("accept-ranges", "bytes");
			if (range !== "all") reply.header("content-range", `bytes ${first}-${last}/${size}`);
			reply.header("content-length", last - first + 1).type("application/octet-stream");
			reply.hijack();
			try {
				reply.raw.writeHead(reply.statusCode, reply.getHeaders() as OutgoingHttpHeaders);
				await sendFile(reply.raw, path, { first, last, sent: () => undefined });
			} catch (error) {
				// The response head was sent already: only ending the connection can tell the client that something failed.
				request.log.error({ err: error }, "a file broke off");
				reply.raw.destroy();
			}
			return reply;
		} finally {
			sending--;
		}
	};
}
