import { once } from "node:events";
import { createServer } from "node:net";
import { systemReason } from "@rollcall/protocol";
import type { CoordinatorConfig } from "../../config.ts";
import { ConfigError } from "../../errors.ts";

/** Holds the addresses that a coordinator is to listen at against this computer's. Throws ConfigError for the first that it does not have. */
export async function checkAddresses({ http, nats, boot }: CoordinatorConfig): Promise<void> {
	await checkAddress("http.host", http.host);
	if ("embedded" in nats) await checkAddress("nats.embedded.host", nats.embedded.host);
	if (boot) await checkAddress("boot.host", boot.host);
}

/** Listens there for a moment, at a free port: the kernel alone knows what it takes. Whether the real port is free is not asked. */
async function checkAddress(field: string, host: string): Promise<void> {
	const server = createServer();
	try {
		await once(server.listen({ host, port: 0 }), "listening");
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== "EADDRNOTAVAIL") return;
		throw new ConfigError(
			`${field} ${host}: ${systemReason(error)}; name one that it has (\`rollcall doctor --config FILE\` lists them)`,
		);
	} finally {
		server.close();
	}
}
