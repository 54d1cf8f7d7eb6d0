import WebSocket from "ws";
import type { Running } from "../support/processes.ts";

/** Words for Node, so that `liveHeapBytes` can ask it. */
export const INSPECTED = ["--inspect=127.0.0.1:0"];

/** What is live on a process's heap after a full collection, in bytes; asked over its inspector (V8's own protocol). */
export async function liveHeapBytes(inspected: Running): Promise<number> {
	const address = /Debugger listening on (ws:\S+)/.exec(inspected.output())?.[1];
	if (address === undefined) throw new Error("the process has no inspector");
	const socket = new WebSocket(address);
	await new Promise<void>((resolve, reject) => {
		socket.once("open", resolve);
		socket.once("error", reject);
	});
	let sent = 0;
	const ask = (method: string): Promise<unknown> => {
		const id = ++sent;
		return new Promise((resolve) => {
			const take = (data: WebSocket.RawData): void => {
				const answer = JSON.parse(String(data)) as { id?: number; result?: unknown };
				if (answer.id !== id) return;
				socket.off("message", take);
				resolve(answer.result);
			};
			socket.on("message", take);
			socket.send(JSON.stringify({ id, method }));
		});
	};
	await ask("HeapProfiler.collectGarbage");
	const { usedSize } = (await ask("Runtime.getHeapUsage")) as { usedSize: number };
	socket.terminate();
	return usedSize;
}
