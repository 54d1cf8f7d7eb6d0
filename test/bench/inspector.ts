import type { Running } from "@rollcall/test-support/running";
import WebSocket from "ws";

/** Words for Node, so that its inspector can be asked. */
export const INSPECTED = ["--inspect=127.0.0.1:0"];
/** Between two looks at what a process does, in microseconds. */
const SAMPLE_US = 500;

/** A profile of V8: samples of the stack at times of the computer's monotonic clock, in microseconds. */
export interface CpuProfile {
	readonly nodes: readonly {
		readonly id: number;
		readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
		readonly children?: readonly number[];
	}[];
	readonly startTime: number;
	readonly samples: readonly number[];
	readonly timeDeltas: readonly number[];
}

/** A process's inspector (V8's own protocol). */
interface Inspector {
	ask(method: string, parameters?: object): Promise<unknown>;
	close(): void;
}

/** Connects to the inspector of a process that was started with `INSPECTED`. */
async function inspectorOf(inspected: Running): Promise<Inspector> {
	const address = /Debugger listening on (ws:\S+)/.exec(inspected.output())?.[1];
	if (address === undefined) throw new Error("the process has no inspector");
	const socket = new WebSocket(address, { maxPayload: 1024 ** 3 });
	await new Promise<void>((resolve, reject) => {
		socket.once("open", resolve);
		socket.once("error", reject);
	});
	let sent = 0;
	const ask = (method: string, parameters: object = {}): Promise<unknown> => {
		const id = ++sent;
		return new Promise((resolve) => {
			const take = (data: WebSocket.RawData): void => {
				const answer = JSON.parse(String(data)) as { id?: number; result?: unknown };
				if (answer.id !== id) return;
				socket.off("message", take);
				resolve(answer.result);
			};
			socket.on("message", take);
			socket.send(JSON.stringify({ id, method, params: parameters }));
		});
	};
	return { ask, close: () => socket.terminate() };
}

/** What is live on a process's heap after a full collection, in bytes. */
export async function liveHeapBytes(inspected: Running): Promise<number> {
	const inspector = await inspectorOf(inspected);
	await inspector.ask("HeapProfiler.collectGarbage");
	const { usedSize } = (await inspector.ask("Runtime.getHeapUsage")) as { usedSize: number };
	inspector.close();
	return usedSize;
}

/** Begins to profile a process; what it gives back ends that. */
export async function profile(inspected: Running): Promise<() => Promise<CpuProfile>> {
	const inspector = await inspectorOf(inspected);
	await inspector.ask("Profiler.enable");
	await inspector.ask("Profiler.setSamplingInterval", { interval: SAMPLE_US });
	await inspector.ask("Profiler.start");
	return async () => {
		const { profile: taken } = (await inspector.ask("Profiler.stop")) as { profile: CpuProfile };
		inspector.close();
		return taken;
	};
}
