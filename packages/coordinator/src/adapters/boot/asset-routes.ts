import type { OutgoingHttpHeaders } from "node:http";
import type { BootDocument, BootStage } from "@rollcall/protocol";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { parseByteRange } from "../../disk/byte-range.ts";
import { sendFile } from "../../disk/send-file.ts";
import { AssetRefused } from "../../errors.ts";
import { remoteKey } from "../../rate/rate-limit.ts";
import { Refusal } from "./answers.ts";
import type { AssetFile } from "./assets.ts";
import type { BootOptions } from "./boot-options.ts";

/** `/assets/*`: what machines download, with ranges, validators and a bound on what is being sent. */
export function assetRoutes(app: FastifyInstance, options: BootOptions): void {
	app.route<{ Params: { "*": string } }>({
		method: ["GET", "HEAD"],
		url: "/assets/*",
		handler: async (request, reply) => {
			const name = request.params["*"];
			const missed = (reason: string, next: string) =>
				options.core.record({ outcome: "missed", reason, next, remote: request.ip });
			const gzip = /(?:^|,)\s*gzip\s*(?:;\s*q=(?!0(?:\.0+)?\s*(?:,|$))[\d.]+\s*)?(?:,|$)/.test(
				request.headers["accept-encoding"] ?? "",
			);
			// A range of a variant would be of no use to a client that asked for one of the file.
			const file = await options.assets
				.file(name, gzip && request.headers.range === undefined)
				.catch((error: unknown) => {
					if (!(error instanceof AssetRefused)) throw error;
					request.log.error({ asset: name, reason: error.message }, "asset refused");
					missed(`the asset ${error.message}`, "`rollcall assets verify` tells what else is; add it again");
					throw new Refusal(500, error.message);
				});
			if (!file) {
				const reason = `there is no asset ${name.slice(0, 200)}`;
				missed(reason, `rollcall assets add ${name.slice(0, 200)} FILE; the machine asks again, or boot it again`);
				throw new Refusal(404, reason);
			}
			return await send(request, reply, { file, name, options });
		},
	});
}

interface Sending {
	readonly file: AssetFile;
	readonly name: string;
	readonly options: BootOptions;
}

async function send(request: FastifyRequest, reply: FastifyReply, sending: Sending): Promise<FastifyReply> {
	const { file, name, options } = sending;
	reply.header("etag", file.etag).header("accept-ranges", "bytes").header("vary", "accept-encoding");
	// A name may get new content; the ETag tells.
	reply.header("cache-control", "no-cache").type("application/octet-stream");
	if (file.encoding) reply.header("content-encoding", file.encoding);
	if (matches(request.headers["if-none-match"], file.etag)) return reply.code(304).send();
	const condition = request.headers["if-range"];
	const range = parseByteRange(
		condition === undefined || condition === file.etag ? request.headers.range : undefined,
		file.sizeBytes,
	);
	if (range === "unsatisfiable") {
		return reply
			.code(416)
			.header("content-range", `bytes */${file.sizeBytes}`)
			.type("text/plain")
			.send("no such bytes\n");
	}
	const { first, last } = range === "all" ? { first: 0, last: file.sizeBytes - 1 } : range;
	const length = last - first + 1;
	if (range !== "all") reply.code(206).header("content-range", `bytes ${first}-${last}/${file.sizeBytes}`);
	reply.header("content-length", length);
	if (request.method === "HEAD") return reply.send();
	const leave = options.budget.take(remoteKey(request.ip), length, () => reply.raw.destroy());
	if ("retryAfterSeconds" in leave) {
		reply
			.removeHeader("content-length")
			.removeHeader("content-range")
			.removeHeader("content-encoding")
			.removeHeader("etag");
		return reply
			.code(503)
			.header("retry-after", leave.retryAfterSeconds)
			.type("text/plain")
			.send("others are being served; ask again\n");
	}
	const stage = stageOf(options, name);
	// All of it was handed to the network: to its end, so that a download that breaks off is none.
	if (stage && last === file.sizeBytes - 1)
		reply.raw.once("finish", () => options.core.record({ stage, outcome: "served", remote: request.ip, asset: name }));
	reply.hijack();
	try {
		reply.raw.writeHead(reply.statusCode, reply.getHeaders() as OutgoingHttpHeaders);
		await sendFile(reply.raw, file.path, { first, last, sent: leave.sent });
	} catch (error) {
		// The response head was sent already: only ending the connection can tell the client that something failed.
		request.log.error({ err: error, asset: name }, "asset broke off");
		reply.raw.destroy();
	} finally {
		// Not when the connection closes: it may have closed before it was asked whether there is leave.
		leave.release();
	}
	return reply;
}

function matches(header: string | undefined, etag: string): boolean {
	const wanted = header?.split(",").map((one) => one.trim().replace(/^W\//, "")) ?? [];
	return wanted.includes(etag) || wanted.includes("*");
}

/** Which stage of a boot a download stands for. */
function stageOf(options: BootOptions, name: string): BootStage | undefined {
	const url = `/assets/${name}`;
	const document: BootDocument = options.core.document();
	for (const arch of ["x64", "arm64"] as const) if (options.core.agent(arch)?.asset === name) return "agent";
	for (const profile of document.profiles) {
		if (profile.kernel === url) return "kernel";
		if (profile.initrd.some((initrd) => initrd.url === url)) return "initrd";
	}
	return undefined;
}
