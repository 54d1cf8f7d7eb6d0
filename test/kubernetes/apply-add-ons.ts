/**
 * Applies the add-ons of a cluster document to an API server, once, with what the coordinator applies them with, from wherever
 * it is started (a network namespace). Prints the outcome as JSON.
 */
import { readFileSync } from "node:fs";
import { applyAddOns, coreAddOns, createKubernetes, parseDocument } from "@rollcall/coordinator/trials";

const [url = "", ca = "", cert = "", key = "", file = ""] = process.argv.slice(2);
const parsed = parseDocument(readFileSync(file, "utf8"));
if (!parsed.ok) throw new Error(parsed.problem.message);
const pem = (path: string) => readFileSync(path, "utf8");
const kubernetes = createKubernetes({ servers: [url], ca: pem(ca), cert: pem(cert), key: pem(key) });
const outcome = await applyAddOns(kubernetes, { core: coreAddOns(parsed.document), own: [], prune: false });
await kubernetes.close();
process.stdout.write(JSON.stringify(outcome));
