import { chmod, mkdtemp, rm } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type InitReply, InitRequest, REQUEST_BYTES } from "@rollcall/agent";
import { messageOf } from "@rollcall/protocol";

/** Linux takes socket paths of at most 107 bytes and a NUL (unix(7)). */
const PATH_LIMIT = 107;

/** A socket that answers; `close` removes it. */
export interface InitSocket {
	readonly path: string;
	close(): Promise<void>;
}

/**
 * Listens below `root`, or in a folder of its own below the system's temporary folder where that path is too long.
 * Throws when another process answers there already: one root is one machine.
 */
export async function listenInit(
	root: string,
	answer: (request: InitRequest) => Promise<InitReply>,
): Promise<InitSocket> {
	const below = join(root, "run/rehearsal.sock");
	const fits = Buffer.byteLength(below) <= PATH_LIMIT;
	const path = fits ? below : join(await mkdtemp(join(tmpdir(), "rollcall-")), "s");
	if (fits && (await answers(path))) throw new Error(`${root} is in use: another rehearsal runs on it`);
	await rm(path, { force: true });
	const sockets = new Set<Socket>();
	const server = createServer((socket) => {
		sockets.add(socket);
		socket.on("close", () => sockets.delete(socket));
		socket.on("error", () => socket.destroy());
		readLine(socket, (line) => {
			respond(line, answer).then(
				(reply) => socket.end(`${JSON.stringify(reply)}\n`),
				() => socket.destroy(),
			);
		});
	});
	server.maxConnections = 64;
	await new Promise<void>((resolve, reject) => server.once("error", reject).listen(path, resolve));
	await chmod(path, 0o600);
	return {
		path,
		async close() {
			for (const socket of sockets) socket.destroy();
			await new Promise<void>((resolve) => server.close(() => resolve()));
			await rm(fits ? path : dirname(path), { recursive: true, force: true });
		},
	};
}

/** Whether something listens at the path. */
function answers(path: string): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = connect(path, () => {
			socket.destroy();
			resolve(true);
		});
		socket.on("error", () => resolve(false));
	});
}

/** Calls `take` with the first line, once; drops a connection that sends too much before it. */
function readLine(socket: Socket, take: (line: string) => void): void {
	let text = "";
	const onData = (chunk: Buffer): void => {
		text += chunk.toString("utf8");
		const end = text.indexOf("\n");
		if (end < 0 && text.length > REQUEST_BYTES) socket.destroy();
		if (end < 0) return;
		socket.off("data", onData);
		socket.resume();
		take(text.slice(0, end));
	};
	socket.on("data", onData);
}

async function respond(line: string, answer: (request: InitRequest) => Promise<InitReply>): Promise<InitReply> {
	try {
		return await answer(InitRequest.parse(JSON.parse(line)));
	} catch (error) {
		return { kind: "error", error: messageOf(error) };
	}
}
