import fastify, { type FastifyInstance, LogController } from "fastify";
import { isKnownHost } from "../../domain/known-host.ts";
import { Unencodable } from "../../errors.ts";
import { remoteKey } from "../../rate/rate-limit.ts";
import { Refusal, sendText, tokenHolder } from "./answers.ts";
import { assetRoutes } from "./asset-routes.ts";
import type { BootOptions } from "./boot-options.ts";
import { machineRoutes } from "./machine-routes.ts";
import { scriptRoutes } from "./script-routes.ts";
import { CONNECTIONS, shareConnections } from "./share-connections.ts";

/**
 * The boot endpoints: plain HTTP, since firmware has no certificates, on a listener of their own. They answer anybody and
 * hold no secret but the single-use token in the answer to a single-use token. The caller listens and closes. Throws where
 * the key is too short.
 */
export function bootApp(options: BootOptions): FastifyInstance {
	if (options.key.length < 32) throw new Error("the key for boot tokens needs at least 32 bytes");
	const app = fastify({
		...(options.log ? { loggerInstance: options.log } : {}),
		// A token stands in the URL of a request.
		logController: new LogController({ disableRequestLogging: true }),
		bodyLimit: 1024,
		// Headers must come at once; a download may take as long as it takes.
		requestTimeout: 15_000,
		http: { headersTimeout: 5_000, connectionsCheckingInterval: 1_000 },
		// Who a request comes from is what the connection says, unless a declared proxy says otherwise.
		trustProxy: options.proxies && options.proxies.length > 0 ? [...options.proxies] : false,
		// A connection on which nothing moves is given up, and what was promised to it goes to others.
		connectionTimeout: 60_000,
		keepAliveTimeout: 30_000,
		routerOptions: { maxParamLength: 4096 },
	});
	shareConnections(app.server, options.connections ?? CONNECTIONS);
	app.addHook("onRequest", (request, reply, done) => {
		if (!isKnownHost(request.headers.host, options.hosts)) {
			void sendText(reply.code(421), "this request is for a name that is none of this listener's; see http.names\n");
			return;
		}
		const { requests } = options;
		const client = remoteKey(request.ip);
		if (!requests || requests.take(client)) return done();
		// Others behind its address must not keep out a machine in the middle of its boot.
		const machine = tokenHolder(request, options);
		if (machine !== undefined && requests.take(machine)) return done();
		// 503: iPXE and Ignition heed it and come again, 429 they do not know.
		void sendText(
			reply.code(503).header("retry-after", requests.retryAfterSeconds(client)),
			"too many requests from this address; ask again\n",
		);
	});
	app.setErrorHandler((error, request, reply) => {
		reply.header("cache-control", "no-store").type("text/plain; charset=utf-8");
		if (error instanceof Refusal) return reply.code(error.status).send(`${error.message}\n`);
		if (error instanceof Unencodable) return reply.code(500).send(`${error.message}\n`);
		const status = (error as { statusCode?: number }).statusCode ?? 500;
		if (status >= 500) request.log.error({ err: error }, "boot endpoint failed");
		return reply.code(status).send(status >= 500 ? "internal error\n" : `${(error as Error).message}\n`);
	});
	app.setNotFoundHandler((_, reply) =>
		reply.code(404).type("text/plain; charset=utf-8").send("there is nothing here\n"),
	);
	app.get("/", (_, reply) => reply.type("text/plain; charset=utf-8").send("rollcall\n"));
	scriptRoutes(app, options);
	machineRoutes(app, options);
	assetRoutes(app, options);
	return app;
}
