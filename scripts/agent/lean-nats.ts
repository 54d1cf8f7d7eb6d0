import { readFile } from "node:fs/promises";
import type { Plugin } from "esbuild";

/** What the NATS client asks of modules of Node that nobody else needs then, by its file, and how else it gets the same. */
const CHANGES: Readonly<Record<string, readonly [from: string, to: string]>> = {
	// A socket says itself whether it is one of TLS; to name its class loads node:tls.
	"transport-node/lib/node_transport.js": [
		"this.socket instanceof node_tls_1.TLSSocket",
		"this.socket?.encrypted === true",
	],
	// node:crypto is there already; the global object would load all of Web Cryptography for the same bytes.
	"nuid/lib/nuid.js": [
		"if (globalThis?.crypto?.getRandomValues) {\n        globalThis.crypto.getRandomValues(a);",
		'if (true) {\n        require("node:crypto").randomFillSync(a);',
	],
};

/** The NATS client without the modules of Node that an agent would load for it alone. */
export const leanNats: Plugin = {
	name: "lean-nats",
	setup(bundler) {
		for (const [file, [from, to]] of Object.entries(CHANGES))
			bundler.onLoad({ filter: new RegExp(`/@nats-io/${file.replaceAll(".", "\\.")}$`) }, async ({ path }) => {
				const text = await readFile(path, "utf8");
				if (!text.includes(from)) return { errors: [{ text: `${path} has no "${from}" any more` }] };
				return { contents: text.replace(from, to), loader: "js" };
			});
	},
};
