import { writeFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { ownFolder } from "@rollcall/test-support/own-folder";
import type { ExecutionContext } from "ava";
import { bootDocument, writeAgentProgram } from "./boot.ts";
import { newOperator } from "./cli.ts";
import { asAdmin, startCoordinator } from "./coordinator.ts";

/** A coordinator that machines boot from, and its administrator's command: run to its end, or left running. */
export async function startAssetScene(t: ExecutionContext) {
	const folder = ownFolder(t);
	const document = join(folder, "boot.yaml");
	writeFileSync(document, bootDocument("lab"));
	const coordinator = await startCoordinator(t, { boot: { port: 0, document, agent: writeAgentProgram(folder).file } });
	const operator = newOperator(t);
	const connection = asAdmin(coordinator);
	const run = (...args: string[]) => operator.rollcall(...connection, ...args);
	const start = (...args: string[]) => operator.start(...connection, ...args);
	return { folder, run, start };
}

/** Starts a web server from which assets are fetched; its URL. It ends with the test, and its connections with it. */
export async function startMirror(t: ExecutionContext, answer: RequestListener): Promise<string> {
	const server = createServer(answer);
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	t.teardown(() => server.close());
	t.teardown(() => server.closeAllConnections());
	return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
