import { request } from "node:http";
import { fromSeed } from "@nats-io/nkeys";
import { EnrollReply } from "@rollcall/protocol";
import { signedEnrollment } from "../../support/signed-enrollment.ts";
import type { Member } from "./orders.ts";

/** As long as an agent waits. */
const TIMEOUT_MS = 10_000;

/** The coordinator has too much to do, and says when to come back. */
export class TurnedAway extends Error {
	readonly afterMs: number;

	constructor(message: string, afterMs: number) {
		super(message);
		this.afterMs = afterMs;
	}
}

/** Enrolls over HTTP from the member's own address, with a connection of its own, as an agent does. Throws what went wrong. */
export function enroll(coordinator: string, { token, seed, publicKey, facts, from }: Member): Promise<EnrollReply> {
	const claim = { ...(token === undefined ? {} : { token }), publicKey, facts };
	const body = JSON.stringify(signedEnrollment(claim, fromSeed(Buffer.from(seed))));
	return new Promise((resolve, reject) => {
		const asked = request(
			new URL("/v1/enroll", coordinator),
			{
				method: "POST",
				agent: false,
				localAddress: from,
				timeout: TIMEOUT_MS,
				headers: { "content-type": "application/json", "content-length": Buffer.byteLength(body) },
			},
			(response) => {
				const chunks: Buffer[] = [];
				response.on("data", (chunk: Buffer) => chunks.push(chunk));
				response.on("error", reject);
				response.on("end", () => {
					const text = Buffer.concat(chunks).toString();
					if (response.statusCode === 200) return resolve(EnrollReply.parse(JSON.parse(text)));
					const why = `enroll: ${response.statusCode} ${text.slice(0, 300)}`;
					const after = Number(response.headers["retry-after"] ?? Number.NaN);
					reject(response.statusCode === 503 && after > 0 ? new TurnedAway(why, after * 1000) : new Error(why));
				});
			},
		);
		asked.on("timeout", () => asked.destroy(new Error(`enroll: no answer within ${TIMEOUT_MS} ms`)));
		asked.on("error", reject);
		asked.end(body);
	});
}
