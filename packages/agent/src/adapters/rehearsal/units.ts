import { connect } from "node:net";
import { messageOf } from "@rollcall/protocol";
import { UnitError } from "../../errors.ts";
import type { Units } from "../../ports.ts";
import { InitReply, type InitRequest, REPLY_BYTES } from "./wire.ts";

/** How long each request may take, in milliseconds: what only asks, as long as with systemd. Starting a unit includes its ExecStartPre= commands. */
const LIMITS = {
	reload: 10_000,
	start: 100_000,
	restart: 120_000,
	stop: 30_000,
	state: 15_000,
	logs: 15_000,
	reboot: 15_000,
};

/** The units of a rehearsed machine: asks its init, the stand-in for systemd, at the socket. */
export function createRehearsalUnits(socketPath: string): Units {
	const ask = (request: InitRequest): Promise<InitReply> => askInit(socketPath, request);
	return {
		reload: async () => void (await ask({ op: "reload" })),
		start: async (unit) => void (await ask({ op: "start", unit })),
		restart: async (unit) => void (await ask({ op: "restart", unit })),
		stop: async (unit) => void (await ask({ op: "stop", unit })),
		async state(unit) {
			const reply = await ask({ op: "state", unit });
			if (reply.kind !== "state")
				throw new UnitError(`state of ${unit}: the rehearsed init answered with ${reply.kind}`);
			return { active: reply.active, detail: reply.detail };
		},
		async logs({ unit, lines, sinceSeconds, cursor }) {
			const reply = await ask({ op: "logs", unit, lines, sinceSeconds, cursor });
			if (reply.kind !== "logs") throw new UnitError(`logs: the rehearsed init answered with ${reply.kind}`);
			return reply;
		},
		reboot: async () => void (await ask({ op: "reboot" })),
	};
}

/** One question, one answer, one connection. Throws UnitError: the action, the unit, and what was wrong. */
async function askInit(socketPath: string, request: InitRequest): Promise<InitReply> {
	const action = "unit" in request && request.unit !== undefined ? `${request.op} ${request.unit}` : request.op;
	let reply: InitReply;
	try {
		reply = InitReply.parse(JSON.parse(await exchange(socketPath, `${JSON.stringify(request)}\n`, LIMITS[request.op])));
	} catch (error) {
		const words = messageOf(error);
		throw new UnitError(`${action}: no answer from the rehearsed init: ${words}`, { cause: error });
	}
	if (reply.kind === "error") throw new UnitError(`${action}: ${reply.error}`);
	return reply;
}

/** Sends `text` and returns everything that came until the other side closed. */
function exchange(socketPath: string, text: string, limitMs: number): Promise<string> {
	return new Promise((resolve, reject) => {
		const socket = connect(socketPath, () => socket.write(text));
		const timer = setTimeout(() => socket.destroy(new Error(`none within ${limitMs / 1000} s`)), limitMs);
		const chunks: Buffer[] = [];
		let bytes = 0;
		socket.on("data", (chunk: Buffer) => {
			chunks.push(chunk);
			bytes += chunk.length;
			if (bytes > REPLY_BYTES) socket.destroy(new Error("it is too long"));
		});
		socket.on("error", reject);
		socket.on("close", () => {
			clearTimeout(timer);
			resolve(Buffer.concat(chunks).toString("utf8"));
		});
	});
}
