import { createServer } from "node:https";
import { freePort } from "@rollcall/test-support/free-port";
import type { ExecutionContext } from "ava";
import { selfSigned } from "./self-signed.ts";

/** A stand-in for an API server: it speaks TLS, says at `/readyz` whether it is ready, and its name anywhere else. */
export interface StandInApiServer {
	readonly name: string;
	readonly port: number;
	/** What `/readyz` says from now on; ready at first. */
	ready(yes: boolean): void;
	start(): Promise<void>;
	/** Ends it with all connections, as a pod that is replaced. */
	stop(): Promise<void>;
}

/** A stand-in that does not run yet, at a port of its own. */
export async function standInApiServer(t: ExecutionContext, name: string): Promise<StandInApiServer> {
	let isReady = true;
	const port = await freePort();
	const server = createServer(await selfSigned(), (request, response) => {
		response.statusCode = request.url === "/readyz" && !isReady ? 503 : 200;
		response.end(request.url === "/readyz" ? String(isReady) : name);
	});
	// A connection that somebody holds is not ours to end.
	server.keepAliveTimeout = 0;
	const stop = async (): Promise<void> => {
		if (!server.listening) return;
		const closed = new Promise((resolve) => server.close(resolve));
		server.closeAllConnections();
		await closed;
	};
	t.teardown(stop);
	return {
		name,
		port,
		ready: (yes) => {
			isReady = yes;
		},
		start: () => new Promise((resolve) => server.listen(port, "127.0.0.1", resolve)),
		stop,
	};
}

/** Stand-ins that run, by name. */
export async function runningApiServers<const Name extends string>(
	t: ExecutionContext,
	...names: readonly Name[]
): Promise<Record<Name, StandInApiServer>> {
	const servers = await Promise.all(names.map((name) => standInApiServer(t, name)));
	await Promise.all(servers.map((server) => server.start()));
	return Object.fromEntries(servers.map((server) => [server.name, server])) as Record<Name, StandInApiServer>;
}
