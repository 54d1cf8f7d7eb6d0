/** Reads cluster documents away from the one loop: a worker thread that `document-reader.ts` starts and, where a document takes too long, ends. */

import { parentPort } from "node:worker_threads";
import type { InForce } from "../../document/in-force.ts";
import type { NamedAssets } from "../../document/named-assets.ts";
import { parseDocument } from "../../document/parse-document.ts";

// It can be asked now: what it takes to load it is not the document's fault.
parentPort?.postMessage("ready");
parentPort?.on("message", ({ text, assets, inForce }: { text: string; assets?: NamedAssets; inForce?: InForce }) =>
	parentPort?.postMessage(parseDocument(text, assets, inForce)),
);
