/** Asks a URL over HTTPS with a client certificate, from wherever it is started (a network namespace): status and body as JSON. */
import { readFileSync } from "node:fs";
import { request } from "node:https";
import { stretched } from "@rollcall/test-support/stretch";

const [url = "", ca = "", cert = "", key = "", method = "GET", body = "", type = "application/json"] =
	process.argv.slice(2);
const outgoing = request(
	url,
	{
		method,
		ca: readFileSync(ca),
		cert: readFileSync(cert),
		key: readFileSync(key),
		headers: { "content-type": type, "content-length": Buffer.byteLength(body) },
		timeout: stretched(5_000),
	},
	(answer) => {
		let text = "";
		answer.setEncoding("utf8").on("data", (part: string) => {
			text += part;
		});
		answer.on("end", () => process.stdout.write(JSON.stringify({ status: answer.statusCode, text })));
	},
);
outgoing.on("timeout", () => outgoing.destroy(new Error(`no answer within ${stretched(5_000)} ms`)));
outgoing.on("error", (error) => {
	process.stdout.write(JSON.stringify({ status: 0, text: error.message }));
});
outgoing.end(body);
