// A process that does nothing but hold an embedded server; tests kill it to see what becomes of the server.
import { openEmbedded } from "../../../src/adapters/nats/open-embedded.ts";

const bus = await openEmbedded({
	dataFolder: process.argv[2] ?? "",
	coordinatorId: "stub",
	wall: Date.now,
	now: Date.now,
});
process.stdout.write(`${JSON.stringify({ url: bus.server?.url, pid: bus.server?.pid })}\n`);
setInterval(() => {}, 1_000_000);
