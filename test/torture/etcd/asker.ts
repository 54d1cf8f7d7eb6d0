import { existsSync, readFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { join } from "node:path";
import { createSecureContext, type SecureContext } from "node:tls";
import { stretched } from "@rollcall/test-support/stretch";

/** Where certificates of control planes lie. */
export const PKI = "etc/kubernetes/pki";

/** What is asked. */
export interface Question {
	readonly method: "GET" | "POST" | "PATCH";
	readonly path: string;
	readonly headers?: Readonly<Record<string, string>>;
	readonly body?: object;
}

/** Asks control planes over HTTPS, with credentials that lie on a machine. */
export class Asker {
	readonly #port: number;
	readonly #files: readonly string[];
	readonly #agents = new Map<string, Agent>();
	/** The credentials, read once: a member that is down is asked many times a second, each time over another connection. */
	#credentials: SecureContext | undefined;

	/** `files`: authority, certificate and key, below a machine's root. */
	constructor(port: number, files: readonly [ca: string, cert: string, key: string]) {
		this.#port = port;
		this.#files = files;
	}

	/** Takes the credentials that lie below a machine's root, and makes connections anew. False: there are none. */
	read(root: string): boolean {
		const [ca = "", cert = "", key = ""] = this.#files.map((name) => join(root, name));
		if (!existsSync(key) || !existsSync(cert) || !existsSync(ca)) return false;
		this.#credentials = createSecureContext({
			ca: readFileSync(ca),
			cert: readFileSync(cert),
			key: readFileSync(key),
		});
		this.close();
		return true;
	}

	/** Ends its connections. */
	close(): void {
		for (const agent of this.#agents.values()) agent.destroy();
		this.#agents.clear();
	}

	/** The JSON of the answer. Throws when there is none, or a refusal. */
	ask(address: string, { method, path, headers, body }: Question): Promise<unknown> {
		let agent = this.#agents.get(address);
		if (!agent) {
			agent = new Agent({ keepAlive: true, maxSockets: 4, secureContext: this.#credentials });
			this.#agents.set(address, agent);
		}
		return new Promise((resolve, reject) => {
			const asked = request(
				{
					host: address,
					port: this.#port,
					path,
					method,
					agent,
					timeout: stretched(4_000),
					...(headers && { headers }),
				},
				(response) => {
					const chunks: Buffer[] = [];
					response.on("error", reject);
					response.on("data", (chunk: Buffer) => chunks.push(chunk));
					response.on("end", () => {
						const said = Buffer.concat(chunks).toString();
						const { statusCode = 0 } = response;
						if (statusCode < 200 || statusCode > 299) return reject(new Error(`${statusCode} ${said.slice(0, 300)}`));
						try {
							resolve(JSON.parse(said));
						} catch (error) {
							reject(error);
						}
					});
				},
			);
			asked.on("timeout", () => asked.destroy(new Error("no answer")));
			asked.on("error", reject);
			asked.end(body && JSON.stringify(body));
		});
	}
}
