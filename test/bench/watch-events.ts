import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Event, StreamFrame } from "@rollcall/protocol";
import WebSocket from "ws";
import type { BenchCoordinator } from "./coordinator.ts";

/** Calls `onEvent` with every event from now on, as a reader of the event stream gets it. The function that it returns ends it. */
export async function watchEvents(coordinator: BenchCoordinator, onEvent: (event: Event) => void): Promise<() => void> {
	const token = readFileSync(join(coordinator.dataFolder, "admin-token"), "utf8").trim();
	const socket = new WebSocket(`${coordinator.url.replace("http", "ws")}/v1/events`, {
		headers: { authorization: `Bearer ${token}` },
	});
	await new Promise<void>((resolve, reject) => {
		socket.once("open", resolve);
		socket.once("error", reject);
	});
	socket.on("message", (data) => {
		const frame = StreamFrame.parse(JSON.parse(String(data)));
		if (frame.kind === "event") onEvent(frame.event);
	});
	return () => socket.terminate();
}
