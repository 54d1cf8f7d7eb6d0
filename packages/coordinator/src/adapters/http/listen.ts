import { systemReason } from "@rollcall/protocol";
import type { FastifyInstance } from "fastify";

/**
 * So many connections wait until the event loop takes them; the kernel's own bound (net.core.somaxconn) counts too. Of Node's 511 a storm leaves none,
 * and the kernel drops who comes then: his own kernel tries again after 1, 3 and 7 s, and by then he has given up.
 */
const BACKLOG = 4_096;

/**
 * Begins to listen and returns the URL, without a slash at its end. Only this host can reach the default address; port 0
 * takes a free one. Throws when the address cannot be had, and says which.
 */
export async function listen(
	app: FastifyInstance,
	{ host = "127.0.0.1", port = 0 }: { host?: string; port?: number } = {},
): Promise<string> {
	try {
		return await app.listen({ host, port, backlog: BACKLOG });
	} catch (error) {
		throw new Error(
			`the API cannot listen on ${host} port ${port}: ${systemReason(error)}; give another address or port, or end what has it`,
			{
				cause: error,
			},
		);
	}
}
