import { systemReason } from "@rollcall/protocol";
import type { FastifyInstance } from "fastify";

/**
 * Begins to listen and returns the URL, without a slash at its end. Only this host can reach the default address; port 0
 * takes a free one. Throws when the address cannot be had, and says which.
 */
export async function listen(
	app: FastifyInstance,
	{ host = "127.0.0.1", port = 0 }: { host?: string; port?: number } = {},
): Promise<string> {
	try {
		return await app.listen({ host, port });
	} catch (error) {
		throw new Error(
			`the API cannot listen on ${host} port ${port}: ${systemReason(error)}; give another address or port, or end what has it`,
			{
				cause: error,
			},
		);
	}
}
